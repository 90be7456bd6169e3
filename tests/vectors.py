"""Texts that try to run a script, and a probe that notices when one did.

The patterns are well known; each is written so that it calls ``p()``, which the probe defines in
every document of a page, frames included. They are short, so that a model reads many of them at
once.
"""

PROBE = """
window.p = () => {
  document.documentElement.dataset.ran = "yes";
  try { top.document.documentElement.dataset.ran = "yes"; } catch { /* a frame of its own */ }
};
for (const name of ["alert", "confirm", "prompt"]) window[name] = window.p;
"""
"""Goes into every document before its own scripts; a page where something ran carries a mark."""
RAN = "document.documentElement.dataset.ran ?? 'no'"
"""What the probe saw: 'yes' or 'no'."""

ELEMENTS = (
    "<script>p()</script>",
    "</script><script>p()</script>",
    "</ScRiPt ><sCrIpT >p()</sCrIpT>",
    "<script/x>p()</script>",
    "<<script>p()//<</script>",
    "<script src=data:,p()></script>",
    "<script src=//x.invalid></script>",
    "<svg><script>p()</script></svg>",
    "<svg><script href=data:,p() />",
    "<img src=x onerror=p()>",
    "<img/src=x/onerror=p()>",
    "<img src=x oNeRrOr=p()//",
    "<image src=x onerror=p()>",
    "<svg onload=p()>",
    "<svg/onload=p()//",
    "<svg><animate onbegin=p() attributeName=x>",
    "<svg><use href=data:,x onload=p()>",
    "<body onload=p()>",
    "<input autofocus onfocus=p()>",
    "<select autofocus onfocus=p()>",
    "<details open ontoggle=p()>",
    "<video><source onerror=p()></video>",
    "<audio src onerror=p()>",
    "<object data=x onerror=p()>",
    "<marquee onstart=p()>",
    "<iframe srcdoc='<script>parent.p()</script>'>",
    "<iframe src=javascript:parent.p()>",
    "<embed src=javascript:p()>",
    "<base href=javascript:p()//>",
    "<meta http-equiv=refresh content=0;javascript:p()>",
    "<link rel=stylesheet href=x onerror=p()>",
    "<style onload=p()></style>",
    "<style>@import 'javascript:p()'</style>",
    "<math><mtext><img src=x onerror=p()></math>",
    "<template><img src=x onerror=p()></template><img src=x onerror=p()>",
    "<noscript><p title='</noscript><img src=x onerror=p()>'>",
    "<textarea></textarea><img src=x onerror=p()>",
    "<title></title><img src=x onerror=p()>",
    "<!--><img src=x onerror=p()>-->",
    "<![CDATA[><img src=x onerror=p()>]]>",
    "<a href=javascript:p()>a</a>",
    "<a href='java\tscript:p()'>a</a>",
    "<form action=javascript:p()><button>a</button></form>",
)
"""Elements and attributes, as a page would read them."""
CONTEXTS = (
    '"><img src=x onerror=p()>',
    "'><img src=x onerror=p()>",
    '" onmouseover=p() x="',
    "' autofocus onfocus=p() x='",
    "`-p()-`",
    "${p()}",
    "';p();//",
    "\\';p();//",
    "\u2028p()\u2028",
    "{{constructor.constructor('p()')()}}",
    "{% raw %}{{ 7*7 }}",
    "]]><script>p()</script>",
    "--><script>p()</script>",
    "&lt;script&gt;p()&lt;/script&gt;",
    "\\u003cscript\\u003ep()\\u003c/script\\u003e",
    "[a](javascript:p())",
    '![a](x"onerror="p())',
    "<javascript:p()>",
    "javascript:p()",
    ':material/x"onload=p():',
    "$\\href{javascript:p()}{a}$",
)
"""Ends of what surrounds a text: quotes, templates, comments, JSON, Markdown."""
VECTORS = ELEMENTS + CONTEXTS
EVERYTHING = " ".join(VECTORS)
"""All of them in one text."""


def some(part: int, parts: int) -> str:
    """One of some equal parts of the vectors, as one text without line ends."""
    return " ".join(VECTORS[part::parts]).replace("\u2028", " ")


def plain_name(text: str) -> str:
    """A text as the name of a file may be: without a slash, and no longer than disks allow."""
    return text.replace("/", "").replace("\u2028", "").replace("\t", "")[:120]
