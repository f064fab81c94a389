/// The one table from which the keys, the key bar and the help come.
public struct Keymap: Sendable {
    public let bindings: [KeyBinding]
    private let byKey: [Key: KeyBinding]

    public init(_ bindings: [KeyBinding]) {
        self.bindings = bindings
        byKey = Dictionary(bindings.flatMap { binding in binding.keys.map { ($0, binding) } }) { first, _ in first }
    }

    public subscript(key: Key) -> KeyBinding? {
        byKey[key]
    }

    public static let standard = Keymap([
        KeyBinding([.up, .character("k")], .up, "up", "move up"),
        KeyBinding([.down, .character("j")], .down, "down", "move down"),
        KeyBinding([.pageUp], .pageUp, "page up", "move up a page"),
        KeyBinding([.pageDown], .pageDown, "page down", "move down a page"),
        KeyBinding([.control("u")], .halfPageUp, "half up", "move up half a page"),
        KeyBinding([.control("d")], .halfPageDown, "half down", "move down half a page"),
        KeyBinding([.home, .character("<")], .first, "first", "go to the first session"),
        KeyBinding([.end, .character(">")], .last, "last", "go to the last session"),
        KeyBinding(
            [.character("g")], .generate, "generate", "generate a session: ask the issuer for a new visitor",
            bar: 2, unless: { $0.readOnlyObstacle }),
        KeyBinding(
            [.character("r")], .renew, "renew", "renew the selected session's access token now", bar: 2,
            unless: { $0.changeObstacle }),
        KeyBinding(
            [.character("s")], .set, "set", "set tokens on the selected session: paste them", bar: 3,
            unless: { $0.changeObstacle }),
        KeyBinding(
            [.character("S")], .setNew, "set new", "set tokens as a new session", unless: { $0.readOnlyObstacle }),
        KeyBinding(
            [.character("d")], .discard, "discard", "discard the selected session (it asks, and u takes it back)",
            bar: 3, unless: { $0.changeObstacle }),
        KeyBinding(
            [.character("u")], .undo, "undo", "undo the last discard or set", bar: 5,
            unless: { $0.readOnlyObstacle ?? ($0.undoSteps.isEmpty ? "There is nothing to undo." : nil) }),
        KeyBinding(
            [.character("/")], .filter, "filter",
            "filter as you type: words, state:expired, role:member, client:ID", bar: 4),
        KeyBinding([.character("o")], .nextSort, "sort", "sort by the next column", bar: 7),
        KeyBinding([.character("O")], .reverseSort, "reverse", "reverse the order"),
        KeyBinding(
            [.enter], .details, "details", "open and close the details of the selected session", bar: 6,
            unless: { $0.list.selected == nil ? "There is no session to look at." : nil }),
        KeyBinding(
            [.tab, .backTab], .switchPane, "switch", "switch between the list and the details",
            unless: { $0.details == nil ? "There is only the list. Enter opens the details." : nil }),
        KeyBinding([.escape], .peel, "back", "back: one layer off (pane, filter, message)"),
        KeyBinding([.character("?")], .help, "help", "this help", bar: 0),
        KeyBinding([.control("l")], .redraw, "redraw", "draw the screen anew"),
        KeyBinding([.control("z")], .suspend, "suspend", "suspend; fg comes back"),
        KeyBinding([.character("q")], .quit, "quit", "back, or quit from the list", bar: 1),
        KeyBinding([.character("Q"), .control("c")], .quitAtOnce, "quit", "quit from anywhere"),
    ])
}

extension Model {
    var readOnlyObstacle: String? {
        isReadOnly ? "This inspector is read-only (--read-only): nothing can be changed." : nil
    }

    var changeObstacle: String? {
        if let readOnlyObstacle { return readOnlyObstacle }
        guard list.selected == nil else { return nil }
        return list.filterText.isEmpty
            ? "There is no session to do that with. g generates one." : "No session matches the filter. Esc clears it."
    }
}
