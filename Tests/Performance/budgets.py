"""The budgets that a run's figures are checked against, as ratios within the run where there is a peer."""

ROWS = 30  # Visible in the terminal of the benchmark.


def verdicts(figures, most):
    """Each row of the table with its measured value, its limit, and whether it is met. Rows without figures are omitted."""
    rows = []

    def get(name, size=most, value="median"):
        return figures.get(name, {}).get(str(size), {}).get(value)

    def row(text, value, most_allowed=None, least_allowed=None, unit=""):
        if value is None:
            return
        isMet = value <= most_allowed if most_allowed is not None else value >= least_allowed
        bound = f"at most {most_allowed:g}{unit}" if most_allowed is not None else f"at least {least_allowed:g}{unit}"
        rows.append({"row": text, "value": value, "bound": bound, "met": isMet,
                     "ratio": value / (most_allowed if most_allowed is not None else least_allowed)})

    def ratio(over, under):
        return None if over is None or not under else over / under

    few = min((int(size) for size in figures.get("first frame", {})), default=most)
    for size in sorted({few, most}):
        row(f"first list, {size:,} sessions, beside htop's first frame",
            ratio(get("first frame", size), get("htop: first frame", 1000)), 0.25, unit=" ×")
    row(f"first list, {most:,} sessions, beside {few:,}", ratio(get("first frame"), get("first frame", few)), 1.2, unit=" ×")
    for key in ("down", "page down", "end and home"):
        row(f"key to painted, {most:,} sessions, p95: {key}", get(f"key: {key}", value="p95"), 5, unit=" ms")
    for word in ("frequent", "rare", "part of an ID", "nothing"):
        ours = get(f"key: filter, {word}", value="p95")
        row(f"key to painted, {most:,} sessions, p95: filter, {word}", ours, 20, unit=" ms")
        row("the same beside fzf's", ratio(ours, get(f"fzf: key: filter, {word}", value="p95")), 1, unit=" ×")
    row(f"idle, {most:,} sessions: share of a core", get("idle: thousandths of a core"), 3, unit=" ‰")
    row(f"idle, {most:,} sessions: wake-ups a second", get("idle: wake-ups a second"), 1)
    row("idle: bytes a tick and visible row", ratio(get("idle: bytes a second"), ROWS), 12)
    row("waiting for an issuer: share of a core", get("waiting: thousandths of a core", 1000), 1, unit=" ‰")
    row(f"resident, {most:,} sessions", get("memory after that"), 32, unit=" MB")
    row("the same beside fzf's", ratio(get("memory after that"), get("fzf: memory after that")), 1, unit=" ×")
    row("the same beside visidata's", ratio(get("memory after that"), get("visidata: memory")), 1, unit=" ×")
    row("token when valid, whole process", get("token, whole process", 1000), 15, unit=" ms")
    row(f"list of 20, {most:,} sessions, whole process", get("list of 20, whole process"), 15, unit=" ms")
    row("a renewal's durable writes beside raw commits",
        ratio(get("store: renewal writes", 1000), get("store: raw commits", 1000)), least_allowed=0.8, unit=" ×")
    row(f"import of {most:,} beside the shell's .import", ratio(get("import"), get("sqlite3 .import")), 3, unit=" ×")
    row("the same, bytes written", ratio(get("import: written"), get("sqlite3 .import: written")), 3, unit=" ×")
    row("the same, resident", get("import: memory"), 256, unit=" MB")
    row(f"key to painted while {most:,} are imported, p95", get("key: while as many are imported", value="p95"), 16, unit=" ms")
    for name in ("first frame", "key: down", "idle: thousandths of a core", "memory after that"):
        sizes = sorted(int(size) for size in figures.get(name, {}))
        if len(sizes) > 1:
            worst = max(ratio(get(name, size), get(name, sizes[0])) or 0 for size in sizes)
            row(f"growth from {sizes[0]:,} to {sizes[-1]:,}: {name}", worst, 1.2, unit=" ×")
    return rows
