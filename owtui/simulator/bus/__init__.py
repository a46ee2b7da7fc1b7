"""The device's ubus: the objects that both the `ubus` command and /ubus over HTTP call."""
