"""Ironic OSSN-0046, OSSN-0049: debugging put environments, tracebacks and passwords into answers.
A fault of the server is told by a request id, and by nothing of what went wrong inside."""

from tests.asgi import AsgiClient

from bessemer.baremetal.api.errors import error_body
from bessemer.web.authentication import noauth
from bessemer.web.dispatch import application
from bessemer.web.routes import Call, Reply, Route, Service


async def test_a_fault_tells_its_id_and_no_more():
    async def broken(_call: Call) -> Reply:
        password = "hush"
        raise RuntimeError(f"cannot log in with {password}")

    service = Service("test", "", (Route("GET", "/x", broken, "test:x"),), error_body)
    answer = await AsgiClient(application([service], noauth())).get("/x")
    assert answer.status == 500
    assert answer.headers["X-Openstack-Request-Id"] in answer.content.decode()
    for word in (b"hush", b"RuntimeError", b"Traceback", b".py"):
        assert word not in answer.content
