import subprocess
import sys

MODULES = (
    "layout", "patterns", "variants", "spectrum", "surroundings", "plain", "network", "listening", "correlation",
    "pace", "search", "alignment", "borders", "evidence", "wandering",
)  # fmt: skip


def test_nothing_that_listens_brings_in_what_knows_people() -> None:
    imported = "; ".join(f"import earmark.signal.{module}" for module in MODULES)
    told = f"import sys; {imported}; print(*sorted(name for name in sys.modules if name.startswith('earmark.')))"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split()
    allowed = {"earmark.errors", "earmark.keys", "earmark.grid", "earmark.signal"}
    assert set(loaded) <= allowed | {f"earmark.signal.{module}" for module in MODULES}
