"""Each kind of canary match, with requests that pass it and requests that do not."""

from typing import Any

from tests.integration.edge import AS_TESTER, TESTERS, Request, cookie, header

CASES: dict[str, tuple[dict[str, Any], list[Request], list[Request]]] = {
    "header exact": (TESTERS, [header("true")], [Request(), header("TRUE"), header("true1"), header("")]),
    "header prefix": (
        {"headers": [{"name": "x-canary", "prefix": "eu-"}]},
        [header("eu-"), header("eu-west")],
        [Request(), header("us-eu-")],
    ),
    "header regex": (
        {"headers": [{"name": "x-canary", "regex": "[0-9]{2}|beta"}]},
        [header("42"), header("beta")],
        [Request(), header("142"), header("beta2")],
    ),
    "header present": ({"headers": [{"name": "x-canary", "present": True}]}, [header("any")], [Request()]),
    "two headers": (
        {"headers": [{"name": "x-canary", "exact": "1"}, {"name": "x-team", "exact": "a"}]},
        [Request({"x-canary": "1", "x-team": "a"})],
        [header("1"), Request({"x-canary": "1", "x-team": "b"})],
    ),
    "cookie exact": (
        {"cookie": {"name": "tester", "exact": "a.b"}},
        [cookie("tester=a.b"), cookie("x=1; tester=a.b; y=2")],
        [Request(), cookie("tester=axb"), cookie("xtester=a.b"), cookie("tester=a.bc")],
    ),
    "cookie regex": (
        {"cookie": {"name": "tester", "regex": "a|b+"}},
        [cookie("tester=a"), cookie("x=1; tester=bbb")],
        [cookie("tester=ab"), cookie("tester=; x=a")],
    ),
    "cookie prefix": (
        {"cookie": {"name": "group", "prefix": "beta-"}},
        [cookie("group=beta-7; x=1")],
        [cookie("group=7; x=beta-")],
    ),
    "cookie present": ({"cookie": {"name": "early", "present": True}}, [cookie("early=0")], [cookie("x=early")]),
    "query exact": (
        {"queryParams": [{"name": "canary", "exact": "1"}]},
        [Request(path="/?canary=1"), Request(path="/cart?x=2&canary=1")],
        [Request(), Request(path="/?canary=11"), Request(path="/?xcanary=1")],
    ),
    "query prefix": (
        {"queryParams": [{"name": "v", "prefix": "2."}]},
        [Request(path="/?v=2.1")],
        [Request(path="/?v=1.2.")],
    ),
    "query regex": (
        {"queryParams": [{"name": "v", "regex": "[23]"}]},
        [Request(path="/?v=2")],
        [Request(path="/?v=23")],
    ),
    "query present": (
        {"queryParams": [{"name": "debug", "present": True}]},
        [Request(path="/?debug=0"), Request(path="/?debug")],
        [Request(path="/?x=debug")],
    ),
    "path exact": ({"path": {"exact": "/v2"}}, [Request(path="/v2"), Request(path="/v2?x=1")], [Request(path="/v2/")]),
    "path prefix": ({"path": {"prefix": "/v2"}}, [Request(path="/v2/cart")], [Request(path="/cart/v2")]),
    "path regex": ({"path": {"regex": "/v[23]/.*"}}, [Request(path="/v3/x")], [Request(path="/a/v3/x")]),
    "method": ({"method": "PUT"}, [Request(method="PUT")], [Request(), Request(method="POST")]),
    "all of one item": (
        {"path": {"prefix": "/v2"}, "method": "GET", **TESTERS},
        [Request(AS_TESTER, "/v2")],
        [Request(AS_TESTER), Request(path="/v2"), Request(AS_TESTER, "/v2", "POST")],
    ),
}
