"""What is written in any run of any object, whatever kind of route it is.

What never happens: a share that is not exact; a destination whose share of all is not its owner's; a field of the
owner's that changes; anything of ours that a restore leaves behind.
"""

import copy

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary_operator.core.world import Route
from tests.providers.traffic.any_route import AnyRoute
from tests.providers.traffic.gateway_api.any_route import ANY_HTTP_ROUTE
from tests.providers.traffic.istio.any_route import ANY_VIRTUAL_SERVICE
from tests.providers.traffic.istio.shapes import a_weight
from tests.providers.traffic.istio.strategies import unhurried

each_kind = pytest.mark.parametrize("of", [ANY_VIRTUAL_SERVICE, ANY_HTTP_ROUTE], ids=["VirtualService", "HTTPRoute"])


@each_kind
@unhurried
@given(data=st.data())
def test_restore_undoes_any_run(of: AnyRoute, data: st.DataObject) -> None:
    """Whatever weights were written, the restored object is the one before."""
    before, asked = data.draw(of.cases)
    assert of.given_back(of.after(before, asked, data.draw(of.runs)), asked) == before


@each_kind
@unhurried
@given(data=st.data())
def test_writing_a_weight_twice_is_writing_it_once(of: AnyRoute, data: st.DataObject) -> None:
    """The second time nothing changes, so nothing is written."""
    (before, asked), steps = data.draw(of.cases), data.draw(of.runs)
    live = of.after(before, asked, steps)
    assert of.at(live, steps[-1], asked) == live


@each_kind
@unhurried
@given(data=st.data())
def test_shares_are_exact(of: AnyRoute, data: st.DataObject) -> None:
    """The canary gets its share of ours, every other destination keeps its share of everything."""
    (before, asked), steps = data.draw(of.cases), data.draw(of.runs)
    live = of.after(before, asked, steps)
    route = of.current(live, asked)
    assert isinstance(route, Route)
    assert route.share == steps[-1].weight
    assert of.shares(live, asked) == of.shares(before, asked)


@each_kind
@unhurried
@given(data=st.data())
def test_nothing_but_weights_and_our_destination_changes(of: AnyRoute, data: st.DataObject) -> None:
    """Unknown fields, other rules, order, labels and annotations stay, and the live object is not edited."""
    before, asked = data.draw(of.cases)
    kept = copy.deepcopy(before)
    after = of.after(before, asked, data.draw(of.runs))
    assert of.never_ours(after, asked) == of.never_ours(before, asked)
    assert before == kept


@each_kind
@unhurried
@given(data=st.data())
def test_every_patch_gives_exactly_the_desired_object(of: AnyRoute, data: st.DataObject) -> None:
    """Each step of a run and its restore, as the API server would apply them."""
    before, asked = data.draw(of.cases)
    live = before
    for order in data.draw(of.runs):
        after = of.at(live, order, asked)
        assert jsonpatch.apply_patch(live, of.operations(live, after)) == after
        live = after
    assert jsonpatch.apply_patch(live, of.operations(live, of.given_back(live, asked))) == before


@each_kind
@unhurried
@given(data=st.data())
def test_edits_of_the_user_in_mid_run_survive(of: AnyRoute, data: st.DataObject) -> None:
    """Restored is what the user would have without us: the object before with their edits."""
    before, asked = copy.deepcopy(data.draw(of.cases.filter(lambda case: of.stays_known(case[1]))))
    live = copy.deepcopy(dict(of.after(before, asked, [a_weight(5), *data.draw(of.runs)])))
    for edit in data.draw(st.lists(st.sampled_from(of.edits), unique=True)):
        edit(live, asked)
        edit(before, asked)
    assert of.given_back(of.after(live, asked, data.draw(of.runs)), asked) == before
