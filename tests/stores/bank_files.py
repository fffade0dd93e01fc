"""Small bank files in the shape that banks send, for tests."""

from __future__ import annotations


def transaction(
    reference: str, amount: str, version: str = "08", *, reason: str = "", said: str = ""
) -> str:
    """One TxDtls; the amount stands where the version has it."""
    money = (
        f'<Amt Ccy="EUR">{amount}</Amt>'
        if version == "08"
        else f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>'
    )
    returned = (
        f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn><AddtlInf>{said}</AddtlInf></RtrInf>"
        if reason
        else ""
    )
    return f"<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{money}{returned}</TxDtls>"


def entry(
    amount: str,
    details: str,
    *,
    direction: str = "DBIT",
    status: str = "BOOK",
    reversal: bool = False,
    batch: str = "",
    currency: str = "EUR",
) -> str:
    """One Ntry; VERSION marks where the versions differ."""
    summary = f"<Btch><MsgId>{batch}</MsgId></Btch>" if batch else ""
    turned = "<RvslInd>true</RvslInd>" if reversal else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{turned}'
        f"<Sts>{status}</Sts><BookgDt><Dt>2026-11-24</Dt></BookgDt>"
        f"<NtryDtls>{summary}{details}</NtryDtls></Ntry>"
    )


def camt(entries: str, *, version: str = "08") -> bytes:
    """A camt.053 statement with these entries."""
    if version == "08":
        for status in ("BOOK", "PDNG"):
            entries = entries.replace(f"<Sts>{status}</Sts>", f"<Sts><Cd>{status}</Cd></Sts>")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>BANK1</MsgId><CreDtTm>2026-11-24T18:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>1</Id>{entries}</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def report(reference: str, status: str, *, reason: str = "") -> str:
    """One TxInfAndSts of a pain.002."""
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId>"
        f"<TxSts>{status}</TxSts>{why}</TxInfAndSts>"
    )


def pain_002(reports: str, *, group: str = "", message: str = "FHB1") -> bytes:
    """A pain.002 status report."""
    state = f"<GrpSts>{group}</GrpSts>" if group else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>BANK2</MsgId><CreDtTm>2026-11-23T09:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>{state}</OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message}</OrgnlPmtInfId>{reports}</OrgnlPmtInfAndSts>"
        "</CstmrPmtStsRpt></Document>"
    ).encode()
