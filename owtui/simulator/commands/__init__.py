"""The closed vocabulary: importing this package registers every command there is."""

from . import (  # noqa: F401  (each registers its commands)
    archive,
    awk,
    builtin,
    disk,
    fileops,
    hashing,
    identity,
    jobs,
    modem,
    net,
    power,
    printing,
    routing,
    search,
    sed,
    services,
    testing,
    text,
    ubus,
    uci,
)
