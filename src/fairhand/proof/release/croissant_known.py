"""The words that a machine-readable card may use: names of published vocabularies."""

from __future__ import annotations

from typing import Final

# schema.org/Dataset with what Croissant 1.1 adds, as far as a card has use for it.
DATASET: Final = frozenset(
    """@context @type @id conformsTo name alternateName description identifier url sameAs version
    sdVersion sdLicense datePublished dateCreated dateModified license creator publisher citeAs
    keywords inLanguage isLiveDataset distribution recordSet usageInfo funder maintainer""".split()
)
# http://mlcommons.org/croissant/RAI/1.0
RAI: Final = frozenset(
    """dataCollection dataCollectionType dataCollectionMissingData dataCollectionRawData
    dataCollectionTimeframe dataImputationProtocol dataPreprocessingProtocol
    dataManipulationProtocol dataAnnotationProtocol dataAnnotationPlatform dataAnnotationAnalysis
    annotationsPerItem annotatorDemographics machineAnnotationTools dataUseCases dataBiases
    dataLimitations dataSocialImpact personalSensitiveInformation
    dataReleaseMaintenancePlan""".split()
)
RAI_SINGLE: Final = frozenset(
    """dataCollection dataCollectionMissingData dataCollectionRawData dataImputationProtocol
    dataManipulationProtocol annotationsPerItem dataSocialImpact
    dataReleaseMaintenancePlan""".split()
)
"""Those that say one thing; the others may say several."""
# http://www.w3.org/ns/prov#
PROV: Final = frozenset(
    """wasGeneratedBy wasDerivedFrom wasRevisionOf wasAttributedTo wasAssociatedWith used label
    startedAtTime endedAtTime actedOnBehalfOf hadPrimarySource""".split()
)
# http://www.w3.org/ns/odrl/2/
ODRL: Final = frozenset(
    """permission prohibition duty obligation constraint refinement action target assigner assignee
    profile conflict leftOperand operator rightOperand compensatedParty uid""".split()
)
TYPES: Final = frozenset(
    """sc:Integer sc:Float sc:Boolean sc:Text sc:Date sc:URL sc:DateTime sc:ImageObject
    sc:AudioObject sc:VideoObject cr:Split cr:Label cr:BoundingBox cr:SegmentationMask""".split()
)
"""Types of a field."""
