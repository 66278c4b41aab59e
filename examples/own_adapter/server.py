"""A service that counts cheerful and gloomy words: `python server.py PORT`."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHEERFUL = ("좋", "최고", "재밌", "재미있", "감동", "추천", "훌륭", "사랑", "완벽", "대박")
GLOOMY = ("최악", "지루", "별로", "노잼", "아깝", "실망", "졸", "재미없", "쓰레기", "억지")


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
        cheerful, gloomy = (sum(word in text for word in words) for words in (CHEERFUL, GLOOMY))
        share = (1 + cheerful) / (2 + cheerful + gloomy)
        reply = json.dumps({"scores": {"긍정": share, "부정": 1 - share}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *words):
        """Say nothing about each call."""


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service).serve_forever()
