"""The hub's pages: the exchange, and a small page that says how it stands. Flask lives in `sync` only here."""

from __future__ import annotations

from flask import Flask, Response, g, render_template_string, request

from sync import wire
from sync.centre import Centre

BINARY = "application/octet-stream"

_STATUS = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>fieldkit hub</title><style>body{font:16px/1.6 sans-serif;max-width:40em;margin:1em auto;padding:0 1em}
td,th{text-align:left;padding:.2em 1em .2em 0;vertical-align:top;overflow-wrap:anywhere}</style>
<h1>中心端 Hub</h1>
{% if restored %}<p><strong>从旧备份恢复：等协调员的电脑连上来，之后才发出数据。
Restored from an old backup: hands out no data until a coordinator's computer has connected.</strong></p>{% endif %}
<p>这里只有密封的数据块，中心端打不开。Only sealed blocks lie here; the hub cannot open them.</p>
<table>{% for zh, en, value in lines %}<tr><th scope="row">{{ zh }}<br>{{ en }}<td>{{ value }}{% endfor %}</table>
{% if seen %}<h2>最近的回执 Last receipts</h2>
<table>{% for device, at in seen.items() %}<tr><th scope="row">{{ device }}<td>{{ at }}{% endfor %}</table>{% endif %}
{% if reasons %}<h2>隔离 Quarantine</h2>
<table>{% for reason, n in reasons.items() %}<tr><th scope="row">{{ reason }}<td>{{ n }}{% endfor %}</table>{% endif %}
"""
_LINES = (
    ("研究", "Study", "study"),
    ("纪元", "Epoch", "epoch"),
    ("所在国家", "Country", "country"),
    ("公钥", "Key", "key"),
    ("认得的设备", "Devices recognised", "devices"),
    ("命令", "Orders", "orders"),
    ("数据流", "Streams", "streams"),
    ("数据块", "Blocks", "blocks"),
    ("附件分块", "Chunks of attachments", "chunks"),
    ("隔离中", "In quarantine", "quarantine"),
)


def create_app(centre: Centre) -> Flask:
    """Return the hub as a WSGI application."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = wire.LARGEST_MESSAGE

    @app.post(f"{wire.PREFIX}<act>")
    def speak(act: str) -> Response:
        g.raw = request.get_data()
        status, content = centre.answer(act, g.raw)
        return Response(content, status, mimetype=BINARY)

    @app.get("/")
    def show() -> str:
        facts = centre.status()
        lines = [(zh, en, facts[name]) for zh, en, name in _LINES]
        return render_template_string(_STATUS, lines=lines, **facts)

    @app.get("/status.json")
    def status() -> dict[str, object]:
        return centre.status()

    @app.errorhandler(500)
    def failed(_error: Exception) -> Response:
        """The hub says itself that it failed, so that nobody takes this for a login page of the Wi-Fi."""
        return Response(centre.failed(g.get("raw", b"")), 500, mimetype=BINARY)

    return app
