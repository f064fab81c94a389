import Foundation
import VisitorSessions

/// An action's keys, texts, handler and disabled reason.
package struct KeyBinding: Sendable {
    package let action: Action
    package var keys: [Key]

    /// A word for the key bar.
    package let name: String
    /// A sentence for the help, the palette and the README.
    package let help: String

    /// The heading under which the help lists it.
    var section = ""

    package let contexts: Set<Focus>
    /// Whether it changes sessions or asks the issuer.
    var writesOrSends: Bool { changesSessions || [.tokenInfo, .probe].contains(action) }

    /// Whether a read-only inspector refuses it.
    let changesSessions: Bool
    private let listRank: Int?
    private let paneRank: Int?
    private let reason: @Sendable (Model) -> String?
    let handler: @Sendable (inout Model) -> [Effect]

    /// Runs the command with the text that follows its name in the palette. `nil`: the command takes no text.
    private var textHandler: (@Sendable (inout Model, String) -> [Effect])?

    /// - Parameters:
    ///   - listRank: The rank in the list's key bar. Narrow screens omit the highest ranks. `nil`: it isn't in the bar.
    ///   - paneRank: The rank in the key bar of the other panes.
    ///   - reason: Why it is disabled. `nil`: it is enabled.
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

    /// Makes the command take text as well, as in `filter cart`.
    func withText(_ handler: @escaping @Sendable (inout Model, String) -> [Effect]) -> KeyBinding {
        var binding = self
        binding.textHandler = handler
        return binding
    }

    /// The text after the command's name. `nil`: it has none, or takes none.
    func argument(in text: String) -> String? {
        guard textHandler != nil else { return nil }
        let name = ([action.rawValue] + action.aliases).first { text.lowercased().hasPrefix($0 + " ") }
        return name.map { text.dropFirst($0.count + 1).trimmingCharacters(in: .whitespaces) }
    }

    func run(_ model: inout Model, with text: String) -> [Effect] { textHandler?(&model, text) ?? [] }

    /// `nil`: it is enabled.
    func disabledReason(in model: Model) -> String? {
        changesSessions && model.isReadOnly ? InspectorTexts.readOnly : reason(model)
    }

    func barRank(in context: Focus) -> Int? { context == .list ? listRank : paneRank }

    /// Whether tables of keys include it. They omit the keys of popups, and palette commands without keys.
    package var isListed: Bool { !contexts.isDisjoint(with: Focus.panes) && !keys.isEmpty }
}

/// The key bindings, shared by key handling, the key bar, the help, the palette, messages and the README's table.
package struct Keymap: Sendable {
    package let bindings: [KeyBinding]
    private let table: [Focus: [Key: KeyBinding]]

    package init(_ bindings: [KeyBinding]) {
        self.bindings = bindings
        var table: [Focus: [Key: KeyBinding]] = [:]
        for binding in bindings {
            for context in binding.contexts {
                table[context, default: [:]].merge(binding.keys.map { ($0, binding) }) { first, _ in first }
            }
        }
        self.table = table
    }

    package func binding(for key: Key, in focus: Focus) -> KeyBinding? { table[focus]?[key] }

    package func bindings(in focus: Focus) -> [KeyBinding] {
        bindings.filter { $0.contexts.contains(focus) }
    }

    func binding(of action: Action, in focus: Focus = .list) -> KeyBinding? {
        bindings.first { $0.action == action && $0.contexts.contains(focus) }
    }

    package func keyName(of action: Action, in focus: Focus = .list) -> String {
        binding(of: action, in: focus)?.keys.first?.name ?? action.rawValue
    }

    /// The palette's commands whose name or description contains all typed words.
    func commands(_ palette: Palette) -> [KeyBinding] {
        let text = palette.text.lowercased()
        let ranked = bindings(in: palette.context).compactMap { binding in
            binding.action == .palette ? nil : rank(of: binding, for: text).map { (binding: binding, rank: $0) }
        }
        // Sorting in Swift is stable: equal ranks keep the keymap's order.
        return ranked.sorted { $0.rank < $1.rank }.map(\.binding)
    }

    /// The palette's choice. `nil`: none was made, and preselecting the first command could run it by mistake.
    func choice(_ palette: Palette) -> Int? {
        if let choice = palette.choice { return choice }
        guard let first = commands(palette).first else { return 0 }
        return first.writesOrSends && palette.text.count < 3 ? nil : 0
    }

    /// How well a command matches what was typed; lower is better. `nil`: it doesn't match.
    ///
    /// Matching names come before matching descriptions, so that `:q` quits. A command that changes sessions or sends a
    /// request comes last until three letters are typed, so that Enter doesn't run it by mistake.
    private func rank(of binding: KeyBinding, for text: String) -> Int? {
        let name = binding.action.rawValue
        if name == text || binding.action.aliases.contains(text) || binding.argument(in: text) != nil { return 0 }
        if name.hasPrefix(text) { return binding.writesOrSends && text.count < 3 ? 4 : 1 }
        if binding.keys.contains(where: { $0.name == text }) { return 2 }
        let words = text.split(separator: " ")
        let described = "\(name) \(binding.name) \(binding.help)".lowercased()
        guard words.allSatisfy({ described.contains($0) }) else { return nil }
        return binding.writesOrSends && text.count < 3 ? 5 : 3
    }
}

extension Keymap {
    /// The keymap with overridden keys, and a warning for each invalid override.
    ///
    /// - Parameter overrides: For each action name, key names separated by spaces. They replace all keys of the action.
    package func changed(by overrides: [String: String]) -> (keymap: Keymap, warnings: [String]) {
        var bindings = bindings
        var warnings: [String] = []
        for (name, text) in overrides.sorted(by: { $0.key < $1.key }) {
            guard let index = bindings.firstIndex(where: { $0.action.rawValue == name && $0.isListed }) else {
                warnings.append(
                    "keys: unknown action “\(name)”; the palette (\(keyName(of: .palette))) lists them.")
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
            // Overrides are dropped until no key has two meanings in one context.
            let isOverride = bindings[clash.later].keys != self.bindings[clash.later].keys
            let (index, other) = isOverride ? (clash.later, clash.earlier) : (clash.earlier, clash.later)
            warnings.append(
                "keys: \(clash.key.name) is already assigned to \(bindings[other].action.rawValue), so it can't be "
                    + "assigned to \(bindings[index].action.rawValue).")
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
