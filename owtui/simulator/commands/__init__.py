"""The closed vocabulary: importing this package registers every command there is."""

from . import (  # noqa: F401  (each registers its commands)
    builtin,
    disk,
    fileops,
    hashing,
    identity,
    jobs,
    power,
    printing,
    services,
    testing,
    ubus,
    uci,
)
