"""Who signs the media of a release (C2PA): the workspace's own key, where fairhand[people] is."""

from __future__ import annotations

from fairhand.compute.authenticity.credentials import has_credentials
from fairhand.compute.authenticity.signing import ContentSigner
from fairhand.core.clock import Clock
from fairhand.proof.release.media import Credentials


def credentials_of(signer: ContentSigner, clock: Clock) -> Credentials | None:
    """Give what makes sidecars; None where nothing can.

    Raises UnavailableError when the key cannot be read.
    """
    if not has_credentials():
        return None
    sign = lambda file, kind, said: signer.released(file, kind, said, clock())  # noqa: E731
    return Credentials(signer.root(clock()).encode(), sign)
