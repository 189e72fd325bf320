"""The design page: every view in both languages, links, remedies, text, saving, and what the editor sends and reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core import architectures, designs, inspection
from cnn_core.designs.challenges import CHALLENGES
from cnn_core.jobs import Change, Job, State, Summary
from cnn_core.training import RECIPES, Recipe
from pages.design import editor, lines_view, minute, session
from pages.design.totals import label
from pages.ui import cached, i18n
from tests.conftest import ROOT
from tests.pages.test_i18n import message_ids

BROKEN = "input 1x32x32\nconv 128 3x3 pad 1\nmaxpool 4x4\nflatten\nlinear 10 in 6272\n"
NASTY = 'name "><script>alert(1)</script> :red[x] $y$ {z}\ninput 1x8x8\nconv 4 3x3\nflatten\nlinear 10\n'


def open_page(page: str = "design", **query: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    test.query_params["lang"] = query.get("lang", "en")
    test.run()
    for name, value in query.items():
        test.query_params[name] = value
    return test.switch_page(f"pages/{page}/page.py").run()


@pytest.fixture(scope="module")
def page() -> AppTest:
    """One session in which one goes on designing."""
    return open_page()


def put(test: AppTest, text: str, **choices: Any) -> AppTest:
    test.session_state["design"] = designs.to_text(designs.from_text(text))
    for name, value in choices.items():
        test.session_state[name] = value
    return test.run()


def query(test: AppTest, name: str) -> str:
    value = test.query_params[name]
    return value if isinstance(value, str) else value[0]


def totals(test: AppTest) -> str:
    return next(element.proto.body for element in test.main.get("html") if "design-totals" in element.proto.body)


@pytest.mark.parametrize("view", ["graph", "layer", "code", "challenge"])
@pytest.mark.parametrize("text", [session.FIRST, BROKEN, NASTY, "input 3x8x8", "input 1x8x8\nbranches"])
def test_every_view_shows_every_kind_of_design(page: AppTest, view: str, text: str) -> None:
    test = put(page, text, design_view=view, design_form="list", line=0)
    assert not test.exception
    if view == "graph":
        test.session_state["lang"] = "es"
        test.run()
        assert not test.exception and "campo receptivo" in totals(test)
        test.session_state["lang"] = "en"


def test_opens_on_a_network_with_its_figures() -> None:
    test = open_page()
    shown = designs.check(designs.from_text(session.FIRST))
    assert not test.exception and i18n.number(shown.params) in totals(test)
    assert "design" not in test.query_params


def test_what_it_opens_on_is_named_in_the_page_s_language() -> None:
    test = open_page(lang="es")
    assert test.session_state["design"].startswith("name Una red residual")
    assert "design" not in test.query_params
    test.session_state["lang"] = "en"
    test.run()
    assert test.session_state["design"] == session.FIRST
    assert "design" not in test.query_params
    assert not test.session_state["_design_history"].can["undo"]  # the language is no step of the design


@pytest.mark.parametrize("query", [{}, {"lang": "es"}, {"design": designs.pack(NASTY)}])
def test_changes_are_undone_to_the_start_and_redone(query: dict[str, str]) -> None:
    test = open_page(**query)
    history: session.History = test.session_state["_design_history"]
    texts = [str(test.session_state["design"])]
    for layers in (1, 2):
        texts.append(put(test, texts[0] + "relu\n" * layers).session_state["design"])

    def turned(by: int) -> tuple[str, bool, bool]:
        test.session_state["design"] = history.turn(by)  # as the editor's button does, by session.turn
        test.session_state["design"] = designs.to_text(designs.from_text(test.session_state["design"]))
        shown = str(test.run().session_state["design"])
        return shown, history.can["undo"], history.can["redo"]

    assert [turned(by) for by in (-1, -1)] == [(texts[1], True, True), (texts[0], False, True)]
    assert ("design" in test.query_params) == ("design" in query)
    assert [turned(by) for by in (1, 1)] == [(texts[1], True, True), (texts[2], True, False)]


def test_a_link_opens_its_design_and_a_damaged_one_says_so() -> None:
    test = open_page(design=designs.pack(BROKEN), line="3")
    assert "Linear expects 6,272 inputs, gets 8,192" in test.error[0].value
    assert designs.unpack(query(test, "design")) == BROKEN and query(test, "line") == "3"
    damaged = open_page(design=designs.pack(BROKEN)[:-9])
    assert "damaged" in damaged.warning[0].value and not damaged.exception


def test_a_remedy_is_one_click_and_can_be_undone(page: AppTest) -> None:
    test = put(page, BROKEN, design_view="graph")
    labels = [button.label for button in test.button if (button.key or "").startswith("design-remedy")]
    assert labels == ["Expect 8,192 inputs", "Insert pooling to 7×7", "Leave it open"]
    test.button(key="design-remedy-1").click().run()
    assert not test.error and "gap 7" in test.session_state["design"]
    history: session.History = test.session_state["_design_history"]
    assert history.turn(-1) == BROKEN and history.can["redo"]


def test_starts_are_the_networks_of_the_catalogue(page: AppTest) -> None:
    test = page
    test.selectbox(key="design-start").set_value("resnet20").run()
    assert not test.exception and designs.check(designs.from_text(test.session_state["design"])).params == 269_722
    assert "269,722" in totals(test) or "270" in totals(test)
    linked = open_page(start="mini_inception")
    assert designs.check(designs.from_text(linked.session_state["design"])).params == 896_522


def test_text_is_taken_or_refused_with_its_place(page: AppTest) -> None:
    test = put(page, NASTY, design_form="text")
    area = test.text_area(key="design-text")
    assert "<script>" in area.value
    area.set_value("input 1x8x8\nconf 4").run()
    assert "Line 2, column 1" in test.error[0].value and "conv" in test.error[0].value
    assert "script" in test.session_state["design"]  # the last that could be read stays
    test.text_area(key="design-text").set_value("input 1x8x8\nconv 4 3x3 # mine\n").run()
    assert not test.error and test.session_state["design"] == "input 1x8x8\nconv 4 3x3\n"
    assert "# mine" in test.text_area(key="design-text").value  # what was typed stays as it was typed
    put(page, NASTY, design_form="list")


def test_a_saved_design_is_an_architecture_of_every_page(page: AppTest) -> None:
    from pages.design import toolbar

    design = designs.from_text(NASTY)
    id_ = designs.save(design.name, NASTY)
    test = open_page(start=id_)
    assert not test.exception and test.session_state["_design_saved"] == id_
    assert test.text_input(key="design-name").value == design.name
    assert architectures.get(id_).params == 1490 and toolbar.MOST_FILE_BYTES > designs.MOST_TEXT
    minute.recipe(id_, CHALLENGES["minute"]).validate()  # raises where it could not be trained


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_saved_design_opens_on_the_other_pages(lang: str) -> None:
    id_ = designs.save("<b>Mine</b>", NASTY)
    for page, query in (("architectures", {"arch": id_}), ("architectures", {"arch": id_, "arch_view": "code"}),
                        ("compare", {"nets": f"{id_},lenet5", "compare_view": "sides"})):  # fmt: skip
        test = open_page(page, lang=lang, **query)
        assert not test.exception and not test.error
        assert id_ in test.session_state["nets" if "nets" in query else "arch"]
        assert "<b>Mine" not in "".join(element.value for element in test.markdown)


def test_names_are_changed_in_place(page: AppTest) -> None:
    test = put(page, NASTY)
    test.text_input(key="design-name").set_value("Plain & simple").run()
    assert test.session_state["design"].startswith("name Plain & simple\n")


def test_a_design_too_long_for_a_link_stays_in_the_session(page: AppTest) -> None:
    import random

    lot = random.Random(3)
    def number() -> int:
        return lot.randrange(1, 60)

    kinds = [
        f"conv {60 * number()} 1x{number()} pad {number()}x{number()} groups {67 * number()} in {59 * number()} stride {number()}"
        for _ in range(600)
    ]
    long = "\n".join(["input 3x64x64", *kinds])
    test = put(page, long, design_view="challenge")
    assert not test.exception and query(test, "design") == "" and len(test.session_state["design"]) > 20_000
    assert not test.run().exception and len(test.session_state["design"]) > 20_000


# The editor ------------------------------------------------------------------------------------------------------------


def sent(text: str) -> dict[str, Any]:
    return editor.rows_data(designs.check(designs.from_text(text)))


@pytest.mark.parametrize("arch_id", ["lenet5", "mini_inception", "resnet20", "seresnet50_cifar", "resnet9", "googlenet_cifar"])
def test_what_the_browser_gets_it_can_send_back(arch_id: str) -> None:
    text = cached.design_start(arch_id)
    data = sent(text)
    assert editor.read(data, designs.from_text(text).name) == designs.from_text(text)


def test_facts_of_the_rows() -> None:
    data = sent(BROKEN)
    assert [one["shape"] for one in data["facts"]] == ["128×32×32", "128×8×8", "8192", ""]
    assert data["facts"][0]["params"] == "1,280" and data["facts"][0]["channels"] == 128
    assert set(data["errors"]) == {3}


def test_nonsense_from_the_browser_changes_nothing() -> None:
    good = sent(BROKEN)
    for bad in (
        {}, {"input": [1, 2], "rows": []}, {**good, "input": [0, 1, 1]}, {**good, "rows": [[0, "xyzzy", {}]]},
        {**good, "rows": [[3, "relu", {}]]},
        {**good, "rows": [[0, "branch", {}]]}, {**good, "rows": "conv"}, {**good, "input": ["a", 1, 1]},
    ):  # fmt: skip
        assert editor.read(bad, "") is None
    read = editor.read({"input": [1, 8, 8], "rows": [[0, "conv", {"filters": "many", "kernel": "3x3", "pad": "<b>"}]]}, "")
    assert read is not None and designs.line_text(read.rows[0].kind) == "conv 32 3x3"


def test_every_kind_has_its_words_and_a_template_that_fits() -> None:
    for lang in ("en", "es"):
        said = message_ids(lang, "design")
        for word, kind in designs.KINDS.items():
            assert f"design.kind.{word}" in said
            for spec in kind.specs():
                assert {f"design.field.{spec.name}", f"design.field.{spec.name}.help"} <= said.keys()
    for word in designs.KINDS.keys() - {"branch", "shortcut"}:
        rows = [[depth, name, {key: value.replace("=/4", "8").replace("=", "32") for key, value in values.items()}]
                for depth, name, values in editor._TEMPLATES.get(word, ((0, word, {}),))]  # fmt: skip
        design = editor.read({"input": [32, 16, 16], "rows": rows}, "")
        assert design is not None
        checked = designs.check(design)
        assert checked.whole or checked.problems[0].error.code == "design_needs_flat", word


def test_every_remedy_has_its_words() -> None:
    import ast

    source = (Path(designs.__file__).parent / "remedies.py").read_text("utf-8")
    yielded = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Yield)]
    firsts = [value.elts[0] for value in yielded if isinstance(value, ast.Tuple)]
    codes = {first.value for first in firsts if isinstance(first, ast.Constant) and isinstance(first.value, str)}
    assert len(codes) > 15
    for lang in ("en", "es"):
        assert {f"design.remedy.{code}" for code in codes} <= message_ids(lang, "design").keys()
    for remedy in designs.remedies(designs.check(designs.from_text(BROKEN))):
        assert "{" not in label(remedy)


def test_every_challenge_speaks_spanish() -> None:
    said = message_ids("es", "design")
    for id_ in CHALLENGES.ids():
        assert {f"design.{id_}.title", f"design.{id_}.task"} <= said.keys()
        assert "es" and f"design.quantity.{CHALLENGES[id_].goals[0].quantity}" in said


def test_the_minute_is_trained_like_the_ready_recipe_of_a_minute() -> None:
    assert minute.BASE in RECIPES and RECIPES[minute.BASE].recipe.dataset == minute.DATASET
    assert lines_view.FORMS == ("list", "text")


def test_layers_of_the_trace_know_their_lines() -> None:
    from cnn_core.inspection.code import line_of
    from pages.design.views import records_of

    text = "input 3x8x8\nrepeat 2\n  residual\n    conv 3 3x3 pad 1\n    shortcut\n      conv 3 1x1\n  separable 3 3x3 pad 1\n"
    found = cached.designed(designs.from_text(text))
    assert [line_of(record, found.rows) for record in found.trace.layers] == 2 * [2, 4, 1, 5, 5]
    assert [record.type for record in records_of(found, 1)] == 2 * ["Conv2d", "Conv2d", "add"]
    assert len(records_of(found, 0)) == len(found.trace.layers) and inspection.starts()


# A refused text ----------------------------------------------------------------------------------------------------------

MINE = "# my own\n\ninput 1x8x8\nconv 4 3x3  # few\nrelu\nflatten\nlinear 10\n"
REFUSED = "input 1x8x8\nconv 4 3x3\nconf 4\n"


def typed_page(text: str, **choices: str) -> AppTest:
    test = open_page(design=designs.pack(designs.to_text(designs.from_text(MINE))), design_form="text", **choices)
    test.text_area(key="design-text").set_value(text).run()
    return test


def test_a_refused_text_is_kept_with_its_error_wherever_one_goes() -> None:
    test = typed_page(REFUSED)
    assert "Line 3, column 1" in test.error[0].value and any("last text" in html.proto.body for html in test.main.get("html"))
    test.session_state["design_form"] = "list"
    test.run()
    assert "Line 3, column 1" in test.warning[0].value
    test.switch_page("pages/kernels/page.py").run()
    test.switch_page("pages/design/page.py").run()
    test.button(key="design-text-back").click().run()
    assert test.text_area(key="design-text").value == REFUSED and "Line 3, column 1" in test.error[0].value
    again = open_page(design=query(test, "design"), typed=query(test, "typed"), design_form="text")
    assert again.text_area(key="design-text").value == REFUSED and "Line 3, column 1" in again.error[0].value
    again.button(key="design-text-discard").click().run()
    assert not again.error and again.text_area(key="design-text").value == "input 1x8x8\nconv 4 3x3\nrelu\nflatten\nlinear 10\n"
    assert "typed" not in again.query_params
    history: session.History = again.session_state["_design_history"]
    assert REFUSED in history.texts  # undo brings it back


@pytest.mark.parametrize("line, told", [
    ("conv 4 3x9999", "«núcleo» debe estar entre 1 y 64"), ("conv 4 3x3 pad 9999", "«pad» debe estar"),
    ("conv 4 kernel 99", "«kernel» debe estar"), ("conv 99999 3x3", "«filtros» debe estar"),
])  # fmt: skip
def test_a_number_is_called_by_the_word_typed_for_it_or_as_in_the_list(line: str, told: str) -> None:
    test = open_page(lang="es", design_form="text", typed=designs.pack(f"input 1x8x8\n{line}\n"))
    assert not test.exception and told in test.error[0].value


def test_a_refused_text_is_not_saved_nor_its_challenge_met() -> None:
    test = typed_page(REFUSED, design_view="challenge", challenge="repair")
    assert not test.success and test.text_input(key="design-name").disabled
    test.session_state["design-save"] = True  # opened
    test.run()
    assert any("nothing to save" in warning.value for warning in test.warning) and test.button(key="design-save-now").disabled
    test.text_area(key="design-text").set_value(MINE).run()
    test.text_area(key="design-text").set_value(REFUSED)
    test.button(key="design-save-now").click().run()  # both in one message: the click may not save what is not on the screen
    assert not test.exception and any("Nothing was saved" in warning.value for warning in test.warning) and not designs.ids()
    test.text_area(key="design-text").set_value(MINE.replace("conv 4", "conv 6")).run()
    test.text_area(key="design-text").set_value(MINE.replace("conv 4", "conv 7"))
    test.button(key="design-save-now").click().run()
    assert "conv 7 3x3" in designs.load(designs.ids()[0])


def test_comments_stay_and_errors_count_the_lines_of_the_text_on_the_screen() -> None:
    test = typed_page(MINE.replace("linear 10", "linear 10 in 7"))
    assert test.text_area(key="design-text").value.startswith("# my own") and test.error[0].value.startswith("Line 7: Linear expects 7")
    again = open_page(design=query(test, "design"), typed=query(test, "typed"))
    assert again.error[0].value.startswith("Line 7: ")
    listed = put(again, "name A\ninput 1x8x8\nflatten\nlinear 10 in 7\n")
    assert listed.error[0].value.startswith("Line 4: ")


def test_the_design_outlives_a_visit_to_a_page_of_networks() -> None:
    test = open_page(design=designs.pack(BROKEN))
    test.switch_page("pages/feature_maps/page.py").run()
    test.switch_page("pages/design/page.py").run()
    assert test.session_state["design"] == BROKEN


def test_links_of_before_still_open() -> None:
    test = open_page(net=designs.pack(BROKEN), line="3")
    assert test.session_state["design"] == BROKEN and query(test, "line") == "3" and "net" not in test.query_params
    assert "damaged" in open_page(net="xyz").warning[0].value


def test_a_file_is_opened_even_where_it_is_refused_and_what_is_no_text_is_called_so() -> None:
    def opened(data: bytes) -> AppTest:
        test = open_page()
        test.session_state["design-open"] = True
        return test.run().file_uploader(key="design-file").set_value(("net.txt", data, "text/plain")).run()

    assert opened(b"\xef\xbb\xbf" + NASTY.encode()).session_state["design"] == NASTY
    refused = opened(REFUSED.encode())
    assert refused.text_area(key="design-text").value == REFUSED and "Line 3" in refused.error[0].value
    for nothing in (b"\x89PNG\r\n" + bytes(range(256)) * 2, b"input 3x8x8\n\0\0"):
        assert "is no text" in opened(nothing).warning[0].value


# The minute ---------------------------------------------------------------------------------------------------------------


class Jobs:
    """A queue with runs that are made here."""

    def __init__(self, *jobs: Job, figures: Summary) -> None:
        self.jobs, self.figures = jobs, figures

    def list(self) -> tuple[Job, ...]:
        return self.jobs

    def get(self, job_id: str) -> Job:
        return next(job for job in self.jobs if job.id == job_id)

    def summary(self, job_id: str) -> Summary:
        return self.figures


def job(id_: str, recipe: Recipe, state: State) -> Job:
    return Job(id_, recipe.name, (), "", recipe.to_json(), Path(id_), (Change(state, "", {}, 0.0),))


@pytest.mark.parametrize(("accuracy", "kind"), [(0.612, "success"), (0.598, "warning")])
def test_the_minute_is_found_again_by_what_it_trained(monkeypatch: pytest.MonkeyPatch, accuracy: float, kind: str) -> None:
    challenge = CHALLENGES["minute"]
    text = f"name Mine\n{challenge.solution}"
    mine, other = designs.save("Mine", text), designs.save("Other", NASTY)
    wanted = minute.recipe(mine, challenge)
    jobs = Jobs(
        job("first", wanted, State.FINISHED), job("mine", wanted.replace(name="renamed"), State.FINISHED),
        job("other", minute.recipe(other, challenge), State.FINISHED), job("long", wanted.replace(budget_s=600.0), State.FINISHED),
        job("gone", minute.recipe("design:gone.1", challenge), State.FINISHED),
        figures=Summary(elapsed_s=60.0, validation_accuracy=0.5, test_accuracy=accuracy),
    )  # fmt: skip
    monkeypatch.setattr(cached, "jobs", lambda: jobs)
    monkeypatch.setattr("cnn_core.datasets.load", lambda *_, **__: None)
    design = designs.from_text(text)
    found = minute.run_of(design, challenge)
    assert found is not None and found.id == "mine" and minute.run_of(designs.from_text(session.FIRST), challenge) is None
    for _ in range(2):  # a new tab, or the page after a refresh
        test = open_page(design=designs.pack(challenge.solution), design_view="challenge", challenge="minute")
        assert not test.exception and i18n.number(round(100 * accuracy, 1)) in getattr(test, kind)[0].value
        link = next(element.proto for element in test.main.get("page_link") if "run=mine" in element.proto.query_string)
        assert "train_view=watch" in link.query_string


def test_a_minute_under_way_is_shown_live(monkeypatch: pytest.MonkeyPatch) -> None:
    challenge = CHALLENGES["minute"]
    running = job("now", minute.recipe(designs.save("Mine", challenge.solution), challenge), State.RUNNING)
    monkeypatch.setattr(cached, "jobs", lambda: Jobs(running, figures=Summary(elapsed_s=30.0, accuracy=0.25)))
    monkeypatch.setattr("cnn_core.datasets.load", lambda *_, **__: None)
    test = open_page(design=designs.pack(challenge.solution), design_view="challenge", challenge="minute")
    assert not test.exception and any("25" in caption.value for caption in test.caption)
    assert not test.success and not test.warning


# Designs on other pages ---------------------------------------------------------------------------------------------------

NOT_HERE = "design:nope.1"


@pytest.mark.parametrize(
    ("page_id", "query"),
    [("architectures", {"arch": NOT_HERE}), ("feature_maps", {"net": NOT_HERE}), ("training", {"arch": NOT_HERE}),
     ("compare", {"nets": f"{NOT_HERE},lenet5", "compare_view": "sides"}), ("compare", {"nets": NOT_HERE, "compare_view": "sides"})],
)  # fmt: skip
@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_link_to_a_design_of_another_machine_says_so(page_id: str, query: dict[str, str], lang: str) -> None:
    test = open_page(page_id, lang=lang, **query)
    said = [element.value for element in (*test.warning, *test.error)]
    assert not test.exception and sum(NOT_HERE in text for text in said) == 1, said
    if page_id == "compare" and "lenet5" in query["nets"]:
        assert test.session_state["nets"] == ["lenet5"]
    if page_id == "architectures" and lang == "en":
        assert any(NOT_HERE in element.value for element in test.run().warning)  # until something else is chosen
        assert not test.selectbox(key="arch").set_value("lenet5").run().warning


def test_older_versions_and_names_without_a_version_open_everywhere() -> None:
    first = designs.save("Mine", NASTY)
    second = designs.save("Mine", NASTY.replace("conv 4", "conv 5"), onto=first)
    for page_id, name in (("architectures", "arch"), ("feature_maps", "net")):
        assert open_page(page_id, **{name: first}).session_state[name] == first
        assert open_page(page_id, **{name: "design:mine"}).session_state[name] == second
    assert open_page("compare", nets=f"{first},design:mine", compare_view="sides").session_state["nets"] == [first, second]


def test_train_it_opens_training_with_that_network() -> None:
    id_ = designs.save("Mine", NASTY)
    for test in (open_page("training", arch=id_), open_page("training", arch="design:mine")):
        assert not test.exception and not test.error and test.session_state["changes"] == {"architecture": id_}
    saved = open_page(start=id_)
    saved.session_state["design-save"] = True
    links = [element.proto for element in saved.run().main.get("page_link")]
    assert any(link.page == "training" and f"arch={id_}".replace(":", "%3A") in link.query_string for link in links), links


@pytest.mark.parametrize("text", [NASTY.replace(NASTY.splitlines()[0], "name Mine"), "name Mine\ninput 3x8x8\nflatten\nlinear 10\n"])
@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_design_is_not_told_of_as_another_network(text: str, lang: str) -> None:
    test = open_page("training", arch=designs.save("Mine", text), lang=lang)
    recipe = RECIPES[test.session_state["recipe"]]
    assert not test.exception and not any(recipe.idea[:40] in one.value for one in test.markdown)
    assert any(one.value.startswith("**Mine** ") for one in test.markdown)
    assert test.selectbox("tr-recipe").value == recipe.id
    assert any(option.startswith("Mine, ") for option in test.selectbox("tr-recipe").options)
    if lang == "en":  # asked outside a run, the labels of AppTest are English
        test.button("tr-reset").click().run()
        assert not any(option.startswith("Mine, ") for option in test.selectbox("tr-recipe").options)
        assert test.session_state["recipe"] == recipe.id and any(recipe.idea[:40] in one.value for one in test.markdown)


def test_a_name_that_is_taken_and_another_tab_are_told_about() -> None:
    other = designs.save("Mine", NASTY)

    def saved(test: AppTest) -> AppTest:
        test.session_state["design-save"] = True
        return test.run().button(key="design-save-now").click().run()

    taken = saved(open_page(design=designs.pack("name Mine\ninput 1x8x8\nflatten\nlinear 10\n")))
    assert "design:mine-2.1" in taken.warning[0].value and "called “Mine” already" in taken.warning[0].value
    tab = open_page(start=other)
    designs.save("Mine", NASTY.replace("conv 4", "conv 5"), onto=other)
    tab.session_state["design"] = "name Mine\ninput 1x8x8\nconv 6 3x3\nflatten\nlinear 10\n"
    assert "design:mine.3" in saved(tab).warning[0].value and designs.load("design:mine.2") != designs.load("design:mine.3")
