"""What the figures of one run are held against: the budgets of the design, as ratios in that run where there is a peer."""

ROWS = 30  # Visible in the terminal of the benchmark.


def verdicts(figures, most):
    """Each row of the table with what was measured, its bound, and whether it is met. What was not measured is left out."""
    rows = []

    def get(name, size=most, value="median"):
        return figures.get(name, {}).get(str(size), {}).get(value)

    def row(text, value, most_allowed=None, least_allowed=None, unit=""):
        if value is None:
            return
        isMet = value <= most_allowed if most_allowed is not None else value >= least_allowed
        bound = f"at most {most_allowed:g}{unit}" if most_allowed is not None else f"at least {least_allowed:g}{unit}"
        rows.append({"row": text, "value": value, "bound": bound, "met": isMet})

    def ratio(over, under):
        return None if over is None or not under else over / under

    few = min((int(size) for size in figures.get("first frame", {})), default=most)
    row("first frame, 1,000 sessions", get("first frame", 1000), 50, unit=" ms")
    row("first frame, 1,000 sessions, beside htop's", ratio(get("first frame", 1000), get("htop: first frame", 1000)), 0.5, unit=" ×")
    row(f"first frame, {most:,} sessions, beside {few:,}", ratio(get("first frame"), get("first frame", few)), 1.5, unit=" ×")
    for key in ("down", "page down", "end and home"):
        row(f"key to painted, {most:,} sessions, p95: {key}", get(f"key: {key}", value="p95"), 5, unit=" ms")
    for word in ("frequent", "rare", "part of an ID", "nothing"):
        ours = get(f"key: filter, {word}", value="p95")
        row(f"key to painted, {most:,} sessions, p95: filter, {word}", ours, 50, unit=" ms")
        row(f"the same beside fzf's", ratio(ours, get(f"fzf: key: filter, {word}", value="p95")), 1, unit=" ×")
    row("idle: share of a core", get("idle: thousandths of a core"), 2, unit=" ‰")
    row("idle: wake-ups a second", get("idle: wake-ups a second"), 1.2)
    row("idle: bytes a tick and visible row", ratio(get("idle: bytes a second"), ROWS), 12)
    row(f"resident memory, {most:,} sessions", get("memory after that"), 48, unit=" MB")
    row("the same beside fzf's", ratio(get("memory after that"), get("fzf: memory after that")), 1, unit=" ×")
    row("the same beside visidata's", ratio(get("memory after that"), get("visidata: memory")), 1, unit=" ×")
    row("token, whole process", get("token, whole process", 1000), 30, unit=" ms")
    row("a renewal's durable writes beside raw commits",
        ratio(get("store: renewal writes", 1000), get("store: raw commits", 1000)), least_allowed=0.8, unit=" ×")
    row("import beside the shell's .import", ratio(get("import"), get("sqlite3 .import")), 5, unit=" ×")
    row(f"key to painted while {most:,} are imported, p95", get("key: while as many are imported", value="p95"), 16, unit=" ms")
    keys = [f"key: {key}" for key in ("down", "page down", "end and home")]
    keys += [f"key: filter, {word}" for word in ("frequent", "rare", "part of an ID", "nothing")]
    for name in ["first frame", *keys, "idle: thousandths of a core", "memory after that"]:
        sizes = sorted(int(size) for size in figures.get(name, {}))
        if len(sizes) > 1:
            worst = max(ratio(get(name, size), get(name, sizes[0])) or 0 for size in sizes)
            row(f"growth from {sizes[0]:,} to {sizes[-1]:,}: {name}", worst, 1.5, unit=" ×")
    return rows
