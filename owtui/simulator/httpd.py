"""uhttpd, played by h11: /ubus, cgi-io, a LuCI that can be recognised, and nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import h11

from . import cgi
from .jsonrpc import JsonRpc

if TYPE_CHECKING:
    from .host import Host

_READ = 65536
_MAX_BODY = 64 << 20
_KEEPALIVE_S = 20.0  # uhttpd's http_keepalive
_LUCI = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{host} - LuCI</title>
<meta name="generator" content="LuCI">
<link rel="stylesheet" href="/luci-static/bootstrap/cascade.css">
</head>
<body class="lang_en"><form method="post" name="sysauth"><h2>Authorization Required</h2>
<input type="text" name="luci_username" value="root">
<input type="password" name="luci_password"></form>
<footer>Powered by LuCI / OpenWrt {version}</footer></body>
</html>
"""
_INDEX = """\
<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml"><head>
<meta http-equiv="refresh" content="0; URL=cgi-bin/luci/" />
</head><body><a href="cgi-bin/luci/">LuCI - Lua Configuration Interface</a></body></html>
"""


async def serve(host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection until it closes."""
    connection = h11.Connection(h11.SERVER)
    try:
        while await _exchange(host, connection, reader, writer):
            connection.start_next_cycle()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return
    except h11.RemoteProtocolError:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    finally:
        writer.close()


async def _exchange(
    host: Host,
    connection: h11.Connection,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> bool:
    request = await _event(connection, reader)
    if not isinstance(request, h11.Request):
        return False
    body = bytearray()
    while isinstance(event := await _event(connection, reader), h11.Data):
        body += event.data
        if len(body) > _MAX_BODY:
            return False
        if _path(request) == cgi.UPLOAD and host.faults.cuts_upload(len(body)):
            host.cut()
            return False
    await host.faults.before_command(host)
    starts = _starts_flash(bytes(body))
    if starts and host.faults.fault.flash_request_lost:
        host.cut()
        return False
    status, kind, data = await _respond(host, request, bytes(body))
    if starts and host.faults.fault.flash_answer_lost:
        host.cut()
        return False
    await host.faults.before_output(host, len(data))
    headers = [("Content-Type", kind), ("Content-Length", str(len(data)))]
    reason = {200: b"OK", 404: b"Not Found", 403: b"Forbidden"}[status]
    response = h11.Response(status_code=status, headers=headers, reason=reason)
    writer.write(connection.send(response) or b"")
    if request.method != b"HEAD":
        writer.write(connection.send(h11.Data(data=data)) or b"")
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    await writer.drain()
    return connection.our_state is h11.DONE and connection.their_state is h11.DONE


async def _event(connection: h11.Connection, reader: asyncio.StreamReader) -> object:
    while (event := connection.next_event()) is h11.NEED_DATA:
        async with asyncio.timeout(_KEEPALIVE_S):
            connection.receive_data(await reader.read(_READ))
    return event


def _path(request: h11.Request) -> str:
    return request.target.decode("ascii", "replace").partition("?")[0]


def _starts_flash(body: bytes) -> bool:
    """Whether a request is the one that flashes; a fault of the network may befall it alone."""
    if len(body) > _READ:
        return False
    by_exec = b'"/sbin/sysupgrade"' in body and b'"--test"' not in body
    return b'"upgrade_start"' in body or by_exec


async def _respond(host: Host, request: h11.Request, body: bytes) -> cgi.Answer:
    device, path = host.device, _path(request)
    if path == "/ubus" and request.method == b"POST":
        return 200, "application/json", (await JsonRpc(device).answer(body)).encode()
    luci = device.identity.luci != "none"
    if luci and request.method == b"POST" and path == cgi.UPLOAD:
        kind = dict(request.headers).get(b"content-type", b"").decode("ascii", "replace")
        return cgi.upload(device, kind, body)
    if luci and request.method == b"POST" and path == cgi.BACKUP:
        return cgi.backup(device, body)
    if luci and path.startswith("/cgi-bin/luci"):
        page = _LUCI.format(host=device.hostname, version=device.release.version)
        return 403, "text/html; charset=UTF-8", page.encode()
    if luci and path == "/":
        return 200, "text/html", _INDEX.encode()
    return 404, "text/html", b"<h1>Not Found</h1>The requested URL was not found on this server."
