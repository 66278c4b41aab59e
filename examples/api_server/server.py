"""The smallest chat server: `python server.py PORT` answers `POST /v1/chat/completions`."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Chat(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = asked["messages"][-1]["content"]
        text = "긍정" if question.count("긍정") > question.count("부정") else "부정"
        usage = {"prompt_tokens": len(question), "completion_tokens": 2, "total_tokens": len(question) + 2}
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        body = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": asked["model"],
            "choices": [choice],
            "usage": usage,
        }
        reply = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *words):
        """Say nothing about each call."""


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Chat).serve_forever()
