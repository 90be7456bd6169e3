"""Texts, names and requests that mean harm, against the running server and in a real browser.

Pages are opened without their content security policy here: nothing may run even so. That the
policy is there, and stops what it should, is tested beside it.
"""

import http.client
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page, expect

from bert_core import Encoder, fill
from bert_core.analysis.embeddings.geometry import space
from bert_core.analysis.embeddings.projection import project
from bert_core.analysis.embeddings.vectors import word_in_context
from bert_core.training.card import write_card
from bert_core.training.folder import RunFolder
from bert_core.training.spec import DataFile, RunSpec
from bert_core.training.states import Status
from bert_core.training.tasks import find_task
from bert_core.views import tables
from bert_core.views.attention_html import attention_html
from bert_core.views.attention_pictures import grid_svg, head_svg
from bert_core.views.bertviz_frames import head_view_html, model_view_html
from bert_core.views.embedding_figures import points
from bert_core.views.embedding_files import figures_html
from bert_core.views.reports import bars_svg, report_html
from tests import tiny
from tests.browser.conftest import PROJECT
from tests.unit.attention_results import made_result
from tests.vectors import (
    CONTEXTS,
    ELEMENTS,
    EVERYTHING,
    PROBE,
    RAN,
    VECTORS,
    plain_name,
    some,
)

pytestmark = pytest.mark.browser
LONG = 60_000  # milliseconds
Q = [some(part, 4) for part in range(4)]
LINES = "\n".join(VECTORS).replace("\u2028", " ")
CARRIED = """() => {
  const found = [];
  const look = (root) => root.querySelectorAll("*").forEach((node) => {
    if (node.shadowRoot) look(node.shadowRoot);
    for (const { name, value } of node.attributes)
      if (/^on|^srcdoc$/i.test(name) || /^\\s*(java\\s*script|data:,)/i.test(value))
        if (!node.matches("input, textarea, [data-testid=stIFrame]"))
          found.push(node.outerHTML.slice(0, 200));
  });
  look(document);
  return found;
}"""
"""Elements of a page that carry a script, shadow trees included. A field's own text is none, and
frames are looked at by themselves."""


# ---- a server with a run whose every word is hostile, and a page that notices what runs ------


def hostile_run(home: Path) -> None:
    """A finished run, its model and its card, as if somebody had ordered it with such words."""
    spec = RunSpec(
        id="20260101-000000-sst2-0001", name=EVERYTHING, task="sst2",
        train=DataFile(path=f"/data/{plain_name(EVERYTHING)}.csv", sha256="0" * 64, size=1,
                       mapping={"text": EVERYTHING}),
        labels=(LINES, "b"), command=EVERYTHING, packages={"torch": EVERYTHING},
    )  # fmt: skip
    record = {
        "metrics": {"accuracy": 0.5}, "details": {LINES: {"f1": 0.5}, "b": {"f1": 0.5}},
        "step": 1, "steps": 1, "partial": False, "seconds": 1.0, "start": "embedded",
        "data": {"train": 4, "dev": 2, "cut": 0, "dev_cut": 0, "left_out": 0},
    }  # fmt: skip
    folder = RunFolder(home / "runs" / spec.id)
    folder.create(spec)
    now = time.time()
    folder.write_status(
        Status(state="finished", step=1, total_steps=1, started=now - 9, ended=now,
               message=EVERYTHING, notes=tuple(VECTORS))
    )  # fmt: skip
    folder.log_file.write_text(LINES, encoding="utf-8")
    tiny.write_bert(folder.result, "classification", id2label={0: LINES, 1: "b"})
    write_card(folder.result, spec, find_task("sst2"), record)
    folder.write_result(record)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    hostile_run(folder)
    return folder


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], home: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve(
        PROJECT / "app.py", fresh=True, BERT_EXPLORER_HOME=str(home),
        BERT_EXPLORER_FOLDERS=str(tmp_path_factory.mktemp("none")),
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One page for all tests: nothing of one is left when the next opens another address."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, bypass_csp=True)
    context.add_init_script(PROBE)
    yield context.new_page()
    context.close()


def settled(page: Page) -> None:
    page.wait_for_timeout(150)
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=LONG
    )


def nothing_ran(page: Page) -> None:
    """No script of a text ran, and no element of the page carries one."""
    for frame in page.frames:
        assert frame.evaluate(RAN) == "no", frame.url
    assert page.evaluate(CARRIED) == []
    assert page.get_by_test_id("stException").count() == 0


def test_the_probe_notices_what_runs(page: Page) -> None:
    page.goto("about:blank")
    assert page.evaluate(RAN) == "no"
    page.set_content("<img src=x onerror=p()>")
    expect(page.locator("[data-ran]")).to_have_count(1)
    assert page.evaluate(CARRIED) == ['<img src="x" onerror="p()">']
    assert len(set(VECTORS)) >= 40


# ---- every text field of every page --------------------------------------------------------------

PAGES = [
    ("masked_word", ".st-key-mw_chips .chip",
     {"text": f"[MASK] {Q[0]}", "pair": Q[1], "candidates": f"school, {Q[2]}",
      "show": "Your words"}),
    ("masked_word", ".st-key-mw_chips .chip",
     {"text": f"[MASK] {Q[2]}", "pair": Q[3], "templates": f"[MASK] {{slot}} {some(0, 8)}",
      "slots": f"nurse\n{VECTORS[1]}", "group_a": f"he\n{VECTORS[9]}",
      "group_b": f"she\n{VECTORS[-6]}", "show": "Templates"}),
    ("masked_word", ".st-key-mw_strip",
     {"text": f"[MASK] {some(0, 24)}", "pair": "", "show": "Surprise"}),
    ("masked_word", "[data-testid=stAlert]",
     {"text": "A [MASK].", "pair": "", "other": EVERYTHING, "show": "Compare models"}),
    ("next_sentence", ".st-key-nx_chips_0",
     {"text": Q[0], "pair": Q[1], "candidates": LINES, "column_a": Q[2], "show": "Candidates"}),
    ("next_sentence", "text=Paragraph",
     {"text": Q[2], "pair": Q[3], "paragraph": EVERYTHING, "show": "A paragraph"}),
    ("attention", ".st-key-at_chips .chip",
     {"text": Q[0], "pair": Q[1], "off": Q[2], "show": "Switch heads off"}),
    ("attention", ".st-key-at_chips .chip",
     {"text": Q[2], "pair": Q[3], "other_model": EVERYTHING, "compare": "model",
      "show": "Head table"}),
    ("attention", "iframe",
     {"text": some(0, 20), "pair": some(7, 20), "show": "bertviz"}),
    ("words_in_context", ".js-plotly-plot",
     {"set": "own", "word": "bank",
      "text": "\n".join(f"{each} | the bank {each}" for each in LINES.split("\n")[:40]),
      "sentence": Q[0]}),
    ("tokens", ".st-key-tk_chips .chip",
     {"text": Q[0], "pair": Q[1], "with": EVERYTHING, "show": "Two tokenizers"}),
    ("question_answering", "role=table[name=/^Answers/]",
     {"example": "own text", "text": EVERYTHING, "question": some(1, 20), "other": Q[1],
      "show": "Windows"}),
    ("masked_word", "text=is not understood",
     {"text": "A [MASK].", "pair": "", "k": Q[0], "mask": Q[1], "strategy": Q[2]}),
    ("", "[data-testid=stAlert]", {"model": EVERYTHING, "revision": Q[0], "attention": Q[1]}),
    ("api", "text=is not understood", {"route": Q[2], "form": Q[3]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "there", "fields"),
    PAGES,
    ids=[f"{path}-{show.get('show')}" for path, _, show in PAGES],
)
def test_a_text_stays_a_text(
    url: str, page: Page, path: str, there: str, fields: dict[str, str]
) -> None:
    page.goto(f"{url}/{path}?{urlencode(fields)}")
    expect(page.locator(there).first).to_be_visible(timeout=LONG)
    settled(page)
    nothing_ran(page)


def open_upload(page: Page, url: str) -> None:
    """The reading page, ready to take a document."""
    page.goto(f"{url}/question_answering")
    page.get_by_text("Use your own document").click(timeout=LONG)
    page.get_by_role("radio", name="Upload").click()
    settled(page)


def test_an_uploaded_document_and_its_name_stay_texts(url: str, page: Page) -> None:
    open_upload(page, url)
    for name, kind, there in (
        (f"{plain_name(EVERYTHING)}.txt", "text/plain", "<script>p()<script>"),
        ("a.html", "text/html", "a.html"),
    ):
        page.locator("input[type=file]").first.set_input_files(
            {"name": name, "mimeType": kind, "buffer": f"Here we are. {EVERYTHING}".encode()}
        )
        expect(page.locator("strong", has_text=there)).to_be_visible(timeout=LONG)
        settled(page)
        nothing_ran(page)


def test_cells_columns_labels_and_names_of_training_data_stay_texts(url: str, page: Page) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    head = ",".join(map(quoted, ("text", "label", *VECTORS[:20])))
    rows = "".join(
        ",".join(map(quoted, (f"{each} {number}", ELEMENTS[number % 3], *VECTORS[:20]))) + "\n"
        for number, each in enumerate((*ELEMENTS, *CONTEXTS))
    )
    page.goto(f"{url}/fine_tune")
    page.get_by_role("radio", name="Upload").click(timeout=LONG)
    settled(page)
    page.locator("input[type=file]").first.set_input_files(
        {"name": f"{plain_name(EVERYTHING)}.csv", "mimeType": "text/csv",
         "buffer": f"{head}\n{rows}".encode()}
    )  # fmt: skip
    expect(page.get_by_role("table", name=re.compile("^The data"))).to_be_visible(timeout=LONG)
    settled(page)
    field = page.get_by_placeholder("optional").last  # the name of the run
    field.fill(EVERYTHING)
    field.press("Enter")
    settled(page)
    nothing_ran(page)


def test_a_run_its_labels_and_its_card_stay_texts(url: str, page: Page) -> None:
    page.goto(f"{url}/fine_tune?run=20260101-000000-sst2-0001")
    page.get_by_text("Model card").click(timeout=LONG)
    expect(page.get_by_text("starting from the small BERT").first).to_be_visible(timeout=LONG)
    answer = page.get_by_role("table", name=re.compile("^What it is"))
    expect(answer).to_contain_text("onerror=p()", timeout=LONG)
    settled(page)
    nothing_ran(page)
    outside = page.locator("a[href^='http']:not([href*='127.0.0.1'])").all()
    assert not [link for link in outside if "invalid" in (link.get_attribute("href") or "")]


def exports(embedded: Encoder, folder: Path) -> Iterator[tuple[str, str]]:
    """Every kind of file that a browser would open as a page, made of hostile texts."""
    filled = fill(embedded, f"[MASK] {Q[0]}", Q[1], k=3)
    table = tables.fits(filled.masks[0], 30_522)
    rows = replace(table, caption=LINES, rows=[replace(row, cells=(Q[2], *row.cells[1:]))
                                               for row in table.rows])  # fmt: skip
    yield "report.html", report_html(filled, [table, rows], link=EVERYTHING, snippet=EVERYTHING)
    yield "bars.svg", bars_svg(rows)
    made = made_result(2, 2, len(VECTORS) + 4)
    units = tuple(
        replace(unit, text=text)
        for unit, text in zip(made.units, ("", *VECTORS, "", "", ""), strict=True)
    )
    tokens = replace(made.tokens, text=EVERYTHING, pair=EVERYTHING)
    result = replace(made, units=units, model=EVERYTHING, tokens=tokens, notes=VECTORS)
    yield "attention.html", attention_html(result, link=EVERYTHING, snippet=EVERYTHING)
    yield "grid.svg", grid_svg(result)
    yield "map.svg", head_svg(result, (0, 0), badge=EVERYTHING)
    yield "lines.svg", head_svg(result, (0, 0), view="lines", badge=EVERYTHING)
    yield "head.html", head_view_html(result)
    short = made_result(1, 1, 20)
    few = replace(short, model=EVERYTHING, units=tuple(
        replace(unit, text=text) for unit, text in zip(short.units, VECTORS, strict=False)
    ))  # fmt: skip
    yield "model.html", model_view_html(few)
    lines = "\n".join(f"{each} | the bank {each}" for each in LINES.split("\n")[:12])
    trace = word_in_context(embedded, lines, "bank")
    figure = points(project(space(trace, 2), trace.labels), trace.occurrences, 0)
    yield (
        "figures.html",
        figures_html(EVERYTHING, [(EVERYTHING, figure)], link=EVERYTHING, snippet=EVERYTHING),
    )
    card = (folder / "runs/20260101-000000-sst2-0001/result/README.md").read_text("utf-8")
    yield "card.html", MarkdownIt("commonmark", {"html": True}).enable("table").render(card)


def test_exported_files_run_nothing(
    embedded: Encoder, page: Page, home: Path, tmp_path: Path
) -> None:
    for name, content in exports(embedded, home):
        (tmp_path / name).write_text(content, encoding="utf-8", errors="replace")
        page.goto((tmp_path / name).as_uri())
        assert page.evaluate(RAN) == "no", name
        assert page.evaluate(CARRIED) == [], name
        assert "p()" in page.evaluate("document.documentElement.textContent"), name


def test_answers_of_the_api_are_no_pages(url: str, page: Page) -> None:
    page.goto(f"{url}/api/v1/{quote(EVERYTHING, safe='')}")
    assert page.evaluate(RAN) == "no"
    status, headers, body = asked(
        url, "POST", "/api/v1/tokenize", json.dumps({"text": Q[0]}), kind="application/json"
    )
    assert (status, headers["content-type"]) == (200, "application/json")
    assert "p()" in json.dumps(json.loads(body)) or "##" in body
    status, headers, body = asked(
        url, "POST", "/api/v1/fill", json.dumps({EVERYTHING: EVERYTHING}), kind="application/json"
    )
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert json.loads(body)["detail"]


# ---- headers -------------------------------------------------------------------------------------


def asked(
    url: str, method: str, path: str, body: str | None = None, kind: str = "", **headers: str
) -> tuple[int, dict[str, str], str]:
    """One request, its path sent as it is."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        sent = {"Content-Type": kind} if kind else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def rules(policy: str) -> dict[str, list[str]]:
    return {name: rest for name, *rest in (rule.split() for rule in policy.split(";"))}


def test_every_answer_has_the_headers(url: str) -> None:
    for path in (
        "/", "/masked_word", "/healthz", "/api/v1/openapi.json", "/metrics", "/media/no.html",
        "/_stcore/health", "/static/js/none.js", "/nowhere",
    ):  # fmt: skip
        _, headers, _ = asked(url, "GET", path)
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin", path
        assert headers["cross-origin-opener-policy"] == "same-origin", path
        assert "camera=()" in headers["permissions-policy"], path
        policy = rules(headers["content-security-policy"])
        assert policy["default-src"] == ["'none'"], path
        assert policy["frame-ancestors"][0] in ("'none'", "'self'"), path


def test_a_page_may_run_files_of_its_own_and_known_scripts_only(url: str) -> None:
    policy = rules(asked(url, "GET", "/masked_word")[1]["content-security-policy"])
    scripts = [each for each in policy["script-src"] if not each.startswith("'sha256-")]
    assert scripts == ["'self'", "blob:"]
    assert policy["script-src-attr"] == ["'none'"]
    assert policy["connect-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'self'"]


@pytest.mark.parametrize("path", ["/media/x.html", "/api/v1/none", "/healthz"])
def test_what_is_no_page_is_of_no_origin(url: str, path: str) -> None:
    policy = rules(asked(url, "GET", path)[1]["content-security-policy"])
    assert policy["sandbox"] == []
    assert "script-src" not in policy


def test_the_policy_stops_a_script_that_got_in(url: str, browser: Browser) -> None:
    context = browser.new_context()
    context.add_init_script(PROBE)
    opened = context.new_page()
    opened.goto(f"{url}/tokens?text=a+heron")
    expect(opened.locator(".st-key-tk_chips .chip").first).to_be_visible(timeout=LONG)
    stopped = opened.evaluate("""async () => {
      const found = [];
      addEventListener("securitypolicyviolation", (event) => found.push(event.violatedDirective));
      const script = document.createElement("script");
      script.textContent = "p()";
      document.body.append(script);
      document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=p()>");
      await fetch("https://elsewhere.invalid/").catch(() => {});
      await new Promise((done) => setTimeout(done, 500));
      return found;
    }""")
    assert {"script-src-elem", "script-src-attr", "connect-src"} <= set(stopped)
    assert opened.evaluate(RAN) == "no"
    context.close()


def test_another_site_cannot_frame_a_page(url: str, page: Page) -> None:
    page.goto("about:blank")
    page.set_content(f"<iframe src='{url}/tokens'></iframe>")
    for _ in range(600):
        if len(page.frames) == 2 and page.frames[1].url.startswith("chrome-error:"):
            break
        page.wait_for_timeout(100)
    assert page.frames[1].url.startswith("chrome-error:"), "the frame shows the page"
    page.goto("about:blank")


# ---- requests of other sites ---------------------------------------------------------------------

HANDSHAKE = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
             "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA=="}  # fmt: skip


def connected(url: str, **headers: str) -> int:
    """Status of a handshake for the pages' web socket."""
    return asked(url, "GET", "/_stcore/stream", **HANDSHAKE, **headers)[0]


def test_only_pages_of_this_server_reach_its_socket(url: str) -> None:
    port = urlsplit(url).port
    assert connected(url, Origin=url) == 101
    assert connected(url, Origin="https://elsewhere.invalid") == 403
    assert connected(url, Origin="null") == 403
    for name in (f"elsewhere.invalid:{port}", f"127.0.0.1.elsewhere.invalid:{port}"):
        # A name of another site that leads here: to the browser both are one.
        assert connected(url, Host=name, Origin=f"http://{name}") == 403
        status, _, said = asked(url, "GET", "/", Host=name)
        assert (status, "answers to its own names" in said) == (403, True)
    assert asked(url, "GET", "/", Host=f"localhost:{port}")[0] == 200


def test_a_file_is_taken_with_a_token_of_this_server_and_a_session_only(url: str) -> None:
    form = 'multipart/form-data; boundary="b"'
    body = '--b\r\nContent-Disposition: form-data; name="f"; filename="a.csv"\r\n\r\na\r\n--b--\r\n'
    place = "/_stcore/upload_file/00000000-0000-0000-0000-000000000000/1"
    for method in ("PUT", "DELETE"):
        assert asked(url, method, place, body, form)[0] == 403
        forged = {"Cookie": "_streamlit_xsrf=2|0|0|0", "X_Xsrftoken": "2|1|1|1"}
        assert asked(url, method, place, body, form, **forged)[0] == 403
    cookie = asked(url, "GET", "/_stcore/health")[1].get("set-cookie", "")
    found = re.search(r"_streamlit_xsrf=([^;]+)", cookie)
    assert found, cookie
    real = {"Cookie": f"_streamlit_xsrf={found[1]}", "X_Xsrftoken": found[1]}
    assert asked(url, "PUT", place, body, form, **real)[0] == 400, "a session of nobody"


def test_a_form_of_another_site_cannot_ask_the_api(url: str) -> None:
    body = '{"text": "A [MASK]."}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert asked(url, "POST", "/api/v1/fill", body, kind)[0] == 415
    status, headers, _ = asked(
        url, "OPTIONS", "/api/v1/fill", Origin="https://elsewhere.invalid",
        Access_Control_Request_Method="POST",
    )  # fmt: skip
    assert status >= 400
    assert "access-control-allow-origin" not in headers


# ---- other visitors, and the machine -------------------------------------------------------------


def test_what_one_visitor_sends_no_other_gets(url: str, browser: Browser) -> None:
    mine, theirs = (browser.new_context() for _ in range(2))
    puts: list[str] = []
    one = mine.new_page()
    mine.on("request", lambda sent: puts.append(sent.url) if "/upload_file/" in sent.url else None)
    open_upload(one, url)
    one.locator("input[type=file]").first.set_input_files(
        {"name": "secret-boats.txt", "mimeType": "text/plain",
         "buffer": b"The harbour's code is seven herons."}
    )  # fmt: skip
    expect(one.get_by_text("code is seven herons")).to_be_visible(timeout=LONG)
    assert puts
    for place in (urlsplit(puts[0]).path, urlsplit(puts[0]).path.rpartition("/")[0]):
        assert "herons" not in asked(url, "GET", place)[2]
    other = theirs.new_page()
    open_upload(other, url)
    assert other.get_by_text("secret-boats").count() == 0
    assert "herons" not in (other.text_content("body") or "")
    mine.close()
    theirs.close()


def test_a_run_that_is_not_listed_is_not_shown(url: str, page: Page, home: Path) -> None:
    (home / "outside").mkdir(exist_ok=True)
    (home / "outside" / "spec.json").write_text('{"name": "secret"}', encoding="utf-8")
    for run in ("../outside", str(home / "outside"), "..", "%2e%2e/outside"):
        page.goto(f"{url}/fine_tune?{urlencode({'run': run})}")
        expect(page.get_by_text("There is no run")).to_be_visible(timeout=LONG)
        assert page.get_by_text("secret").count() == 0


SECRETS = ("[server]", "model_type", "import streamlit", "root:x:", "sst2-0001")
"""Words of files that no request may bring: settings, weights, program, passwords, runs."""


@pytest.mark.parametrize(
    "begin",
    ["", "/static", "/media", "/_stcore", "/app/static", "/_stcore/component",
     "/_stcore/bidi-components", "/api/v1"],
)  # fmt: skip
@pytest.mark.parametrize("up", ["/..", "/%2e%2e", "/..%2f..", "/%252e%252e", "/..%5c..", "/."])
def test_no_path_leads_out_of_the_server(url: str, begin: str, up: str, home: Path) -> None:
    for end in (".streamlit/config.toml", "assets/model/config.json", "app.py"):
        for depth in (1, 7):
            _, _, said = asked(url, "GET", f"{begin}{up * depth}/{end}")
            assert not [words for words in SECRETS if words in said], (depth, end)
    for end in ("etc/passwd", str(home)[1:] + "/runs/20260101-000000-sst2-0001/spec.json"):
        for path in (f"{begin}{up * 9}/{end}", f"{begin}//{end}", f"{begin}/%00/{end}"):
            assert not [words for words in SECRETS if words in asked(url, "GET", path)[2]], path
