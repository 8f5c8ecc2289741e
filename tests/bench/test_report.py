from bench.report import Heading, block, body, merged, report, with_block
from bench.tables import table

QUALITY = Heading("How copies sound", "Compared with their originals.", main=True)
SECONDS = Heading("Seconds of leak", "Random cuts.", main=True)
SCALING = Heading("As vaults grow", "Traces.")
ALL = (QUALITY, SECONDS, SCALING)
TABLE = table(("", "mean"), [("PESQ", 4.6)])


def test_what_is_measured_anew_replaces_its_section_only() -> None:
    first = report(merged(ALL, "", {QUALITY.title: body("a", TABLE, took_s=5), SCALING.title: body("b", took_s=600)}))
    second = report(merged(ALL, first, {QUALITY.title: body("c", TABLE, took_s=7)}))
    assert "Measured in 10 min." in second
    assert "Measured in 7 s." in second
    assert "Measured in 5 s." not in second
    assert report(merged(ALL, second, {})) == second


def test_sections_keep_their_order_and_unknown_ones_go() -> None:
    old = "# Benchmarks\n\n## As vaults grow\n\nx\n\n## Something else\n\ny\n"
    assert list(merged(ALL, old, {SECONDS.title: "z"})) == [SECONDS.title, SCALING.title]


def test_the_readme_has_the_main_tables_alone() -> None:
    bodies = {
        QUALITY.title: body("a", TABLE, "![plot](images/a.png)", took_s=5),
        SCALING.title: body("b", TABLE, took_s=1),
    }
    readme = with_block("before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n", block(ALL, bodies))
    assert readme == f"before\n<!-- bench -->\n**How copies sound**\n\n{TABLE}\n<!-- /bench -->\nafter\n"
