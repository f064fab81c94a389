import VisitorSessions

/// Keys, what they do and where, and why they do nothing at the moment.
package struct KeyBinding: Sendable {
    package let action: Action
    package var keys: [Key]

    /// A word for the key bar.
    package let name: String

    /// A sentence for the help, the palette and the README.
    package let help: String

    package let contexts: Set<Focus>

    /// Whether it changes sessions, which a read-only inspector refuses.
    let changesSessions: Bool
    private let listRank: Int?
    private let paneRank: Int?
    private let reason: @Sendable (Model) -> String?

    let handler: @Sendable (inout Model) -> [Effect]

    /// - Parameters:
    ///   - listRank: Its rank in the key bar of the list. The highest ranks give way first. `nil`: it isn't in the bar.
    ///   - paneRank: The same in the key bar of the other panes.
    ///   - reason: Why it does nothing at the moment. `nil`: it works.
    ///   - handler: What it does.
    init(
        _ action: Action, _ keys: [Key], _ name: String, _ help: String, in contexts: Set<Focus> = Focus.panes,
        bar listRank: Int? = nil, pane paneRank: Int? = nil, changesSessions: Bool = false,
        unless reason: @escaping @Sendable (Model) -> String? = { _ in nil },
        handler: @escaping @Sendable (inout Model) -> [Effect]
    ) {
        self.action = action
        self.keys = keys
        self.name = name
        self.help = help
        self.contexts = contexts
        self.changesSessions = changesSessions
        self.listRank = listRank
        self.paneRank = paneRank
        self.reason = reason
        self.handler = handler
    }

    /// Why it does nothing at the moment. `nil`: it works.
    func disabledReason(in model: Model) -> String? {
        changesSessions && model.isReadOnly ? InspectorTexts.readOnly : reason(model)
    }

    func barRank(in context: Focus) -> Int? { context == .list ? listRank : paneRank }

    /// Whether it belongs in the tables of keys. The keys of a popup are in its frame.
    package var isListed: Bool { !contexts.isDisjoint(with: Focus.panes) }
}

/// The key bindings. Handling, the key bar, the help, the palette, messages and the README's table all read them.
package struct Keymap: Sendable {
    package let bindings: [KeyBinding]
    private let table: [Focus: [Key: KeyBinding]]

    package init(_ bindings: [KeyBinding]) {
        self.bindings = bindings
        var table: [Focus: [Key: KeyBinding]] = [:]
        for binding in bindings {
            for context in binding.contexts {
                for key in binding.keys where table[context]?[key] == nil {
                    table[context, default: [:]][key] = binding
                }
            }
        }
        self.table = table
    }

    package func binding(for key: Key, in focus: Focus) -> KeyBinding? {
        table[focus]?[key]
    }

    package func bindings(in focus: Focus) -> [KeyBinding] {
        bindings.filter { $0.contexts.contains(focus) }
    }

    func binding(of action: Action, in focus: Focus = .list) -> KeyBinding? {
        bindings.first { $0.action == action && $0.contexts.contains(focus) }
    }

    /// The key's name for a message.
    package func keyName(of action: Action, in focus: Focus = .list) -> String {
        binding(of: action, in: focus)?.keys.first?.name ?? action.rawValue
    }
}

extension Keymap {
    /// The commands of the palette that contain all typed words in their name or description.
    func commands(_ palette: Palette) -> [KeyBinding] {
        let words = palette.field.text.lowercased().split(separator: " ")
        return bindings(in: palette.context).filter { binding in
            let text = "\(binding.action.rawValue) \(binding.name) \(binding.help)".lowercased()
            return binding.action != .palette && words.allSatisfy { text.contains($0) }
        }
    }
}

extension Keymap {
    /// The keymap with the keys of a configuration, and a warning for each override that isn't possible.
    ///
    /// - Parameter overrides: For names of actions, the names of their keys with blanks between them. They replace all keys of
    ///   the action.
    package func changed(by overrides: [String: String]) -> (keymap: Keymap, warnings: [String]) {
        var bindings = bindings
        var warnings: [String] = []
        for (name, text) in overrides.sorted(by: { $0.key < $1.key }) {
            guard let index = bindings.firstIndex(where: { $0.action.rawValue == name && $0.isListed }) else {
                warnings.append(
                    "keys: no action is named “\(name)”; the palette (\(keyName(of: .palette))) lists them.")
                continue
            }
            let names = text.split(separator: " ").map(String.init)
            let keys = names.compactMap { Key(named: $0) }
            guard !keys.isEmpty, keys.count == names.count else {
                warnings.append("keys: “\(text)” for \(name) isn't a key. Examples: x, ^x, F5, Space, PgUp.")
                continue
            }
            bindings[index].keys = keys
        }
        while let clash = Self.firstClash(in: bindings) {
            // Overrides give way until no key has two meanings in one context.
            let isOverride = bindings[clash.later].keys != self.bindings[clash.later].keys
            let (index, other) = isOverride ? (clash.later, clash.earlier) : (clash.earlier, clash.later)
            warnings.append(
                "keys: \(clash.key.name) is already \(bindings[other].action.rawValue) and can't also be "
                    + "\(bindings[index].action.rawValue).")
            bindings[index].keys = self.bindings[index].keys
        }
        return (Keymap(bindings), warnings)
    }

    private static func firstClash(in bindings: [KeyBinding]) -> (key: Key, earlier: Int, later: Int)? {
        var seen: [Focus: [Key: Int]] = [:]
        for (index, binding) in bindings.enumerated() {
            for focus in binding.contexts {
                for key in binding.keys {
                    if let earlier = seen[focus]?[key] { return (key, earlier, index) }
                    seen[focus, default: [:]][key] = index
                }
            }
        }
        return nil
    }
}
