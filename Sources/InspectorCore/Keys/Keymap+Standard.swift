/// The keys as they are when nobody has changed them.
extension Keymap {
    public static let standard = Keymap(sessions + looking + moving + program + popups)

    private static let scrolling = Focus.panes.union([.help, .notice, .menu])

    private static let moving = [
        KeyBinding([.up, .character("k")], .up, "up", "move up", in: scrolling),
        KeyBinding([.down, .character("j")], .down, "down", "move down", in: scrolling),
        KeyBinding([.pageUp], .pageUp, "page up", "move up a page", in: scrolling),
        KeyBinding([.pageDown], .pageDown, "page down", "move down a page", in: scrolling),
        KeyBinding([.control("u")], .halfPageUp, "half up", "move up half a page", in: scrolling),
        KeyBinding([.control("d")], .halfPageDown, "half down", "move down half a page", in: scrolling),
        KeyBinding([.home, .character("<")], .first, "first", "go to the beginning", in: scrolling),
        KeyBinding([.end, .character(">"), .character("G")], .last, "last", "go to the end", in: scrolling),
    ]

    private static let sessions = [
        KeyBinding(
            [.character("g")], .generate, "generate", "generate a session: ask the issuer for a new visitor", bar: 2,
            unless: { $0.generateObstacle }),
        KeyBinding(
            [.character("r")], .renew, "renew", "renew the marked sessions' access tokens, or the selected one's",
            bar: 2, pane: 4, unless: { $0.useObstacle }),
        KeyBinding(
            [.character("s")], .set, "set", "set tokens on the selected session: paste them", bar: 3, pane: 7,
            unless: { $0.setObstacle }),
        KeyBinding(
            [.character("S")], .setNew, "set new", "set tokens as a new session", unless: { $0.readOnlyObstacle }),
        KeyBinding(
            [.character("d")], .discard, "discard", "discard the marked or the selected session (it asks first)",
            bar: 3, unless: { $0.useObstacle }),
        KeyBinding(
            [.character("D")], .restore, "restore", "take the marked or the selected discarded session back",
            unless: { $0.restoreObstacle }),
        KeyBinding(
            [.character("u")], .undo, "undo", "undo the last discard, set, label or auto-renewal", bar: 4,
            unless: { $0.readOnlyObstacle ?? ($0.undoSteps.isEmpty ? "There is nothing to undo." : nil) }),
        KeyBinding(
            [.character("e")], .label, "label", "edit the label of the selected session", bar: 5, pane: 7,
            unless: { $0.labelObstacle }),
        KeyBinding(
            [.character("a")], .autoRenew, "auto", "switch automatic renewal on or off",
            unless: { $0.autoRenewObstacle }),
        KeyBinding(
            [.character(" ")], .mark, "mark", "mark or unmark the selected session, and go on", in: [.list], bar: 7,
            unless: { $0.selectionObstacle }),
        KeyBinding(
            [.character("v")], .range, "range", "begin a range of marks, and end it", in: [.list],
            unless: { $0.selectionObstacle }),
        KeyBinding(
            [.character("U")], .clearMarks, "unmark", "clear the marks",
            unless: { $0.list.marks.isEmpty ? "Nothing is marked." : nil }),
    ]

    private static let looking = [
        KeyBinding(
            [.character("/")], .filter, "filter",
            "filter as you type: words, state:expired, auto:on; in a pane: search", bar: 4, pane: 3),
        KeyBinding(
            [.character("n")], .nextMatch, "next", "next match of the search", unless: { $0.searchObstacle }),
        KeyBinding(
            [.character("N")], .previousMatch, "previous", "previous match of the search",
            unless: { $0.searchObstacle }),
        KeyBinding([.character("o")], .sort, "sort", "sort by the next column", in: [.list], bar: 8),
        KeyBinding([.character("O")], .reverse, "reverse", "reverse the order", in: [.list]),
        KeyBinding(
            [.enter], .open, "open", "open and close the details of the selected session", bar: 4, pane: 5,
            unless: { $0.selectionObstacle }),
        KeyBinding(
            [.tab], .nextPane, "switch", "go on to the details, the history, the log, and the list again", bar: 10,
            pane: 1),
        KeyBinding([.backTab], .previousPane, "switch back", "the same, the other way round"),
        KeyBinding([.character("z")], .zoom, "zoom", "this pane alone, and all of them again", pane: 2),
        KeyBinding(
            [.character("y")], .copy, "copy", "copy a token, a header, JSON, a cookie, curl or a claim", bar: 6,
            pane: 3,
            unless: { $0.copyObstacle }),
        KeyBinding(
            [.character("x")], .reveal, "reveal", "reveal the selected session's tokens for ten seconds", pane: 3,
            unless: { $0.tokensObstacle }),
        KeyBinding(
            [.character("i")], .tokenInfo, "info", "ask the issuer what it knows of the access token",
            unless: { $0.tokensObstacle }),
        KeyBinding(
            [.character("p")], .probe, "probe", "send the probe request with this session",
            unless: { $0.tokensObstacle }),
        KeyBinding([.character("t")], .times, "times", "times as what is left, in local time, or in UTC"),
        KeyBinding([.character("f")], .freeze, "freeze", "freeze the screen to look at what moves, and let it go on"),
        KeyBinding([.character("l")], .log, "log", "open and close the log of all sessions", bar: 9, pane: 6),
    ]

    private static let program = [
        KeyBinding(
            [.character("m")], .mouse, "mouse", "give the mouse back to the terminal, and take it again"),
        KeyBinding([.character(":")], .palette, "palette", "find a command by its name, and run it", bar: 8),
        KeyBinding(
            [.escape], .back, "back", "back: one layer off (message, range, pane, filter, marks)",
            in: Focus.everywhere),
        KeyBinding([.character("?")], .help, "help", "the keys that work where you are", bar: 0, pane: 0),
        KeyBinding([.control("l")], .redraw, "redraw", "draw the screen anew", in: Focus.everywhere),
        KeyBinding([.control("z")], .suspend, "suspend", "suspend; fg comes back", in: Focus.everywhere),
        KeyBinding(
            [.character("q")], .quit, "quit", "back, or quit from the list", in: Focus.panes.union([.help, .notice]),
            bar: 1, pane: 1),
        KeyBinding(
            [.character("Q")], .quitAtOnce, "quit", "quit from any pane", in: Focus.panes.union([.help, .notice])),
        KeyBinding([.control("c")], .quitAtOnce, "quit", "quit from anywhere", in: Focus.everywhere),
    ]

    private static let popups = [
        KeyBinding([.up, .control("p")], .up, "up", "the choice before", in: [.palette]),
        KeyBinding([.down, .control("n")], .down, "down", "the next choice", in: [.palette]),
        KeyBinding([.pageUp], .pageUp, "page up", "a page of choices up", in: [.palette]),
        KeyBinding([.pageDown], .pageDown, "page down", "a page of choices down", in: [.palette]),
        KeyBinding([.enter], .accept, "take", "take it", in: [.line, .palette, .menu, .setEditor, .labelEditor]),
        KeyBinding([.up], .up, "up", "move up", in: [.line]),
        KeyBinding([.down], .down, "down", "move down", in: [.line]),
        KeyBinding([.pageUp], .pageUp, "page up", "move up a page", in: [.line]),
        KeyBinding([.pageDown], .pageDown, "page down", "move down a page", in: [.line]),
        KeyBinding(
            [.control("e")], .externalEditor, "editor", "edit it in $EDITOR", in: [.setEditor]),
        KeyBinding([.character("y")], .confirm, "yes", "do it", in: [.confirmation]),
    ]
}
