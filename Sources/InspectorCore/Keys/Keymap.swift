import VisitorSessions

/// The one table from which the keys, the key bar, the help, the palette and the README's table come.
public struct Keymap: Sendable {
    public let bindings: [KeyBinding]
    private let table: [Focus: [Key: KeyBinding]]

    public init(_ bindings: [KeyBinding]) {
        self.bindings = bindings
        var table: [Focus: [Key: KeyBinding]] = [:]
        for binding in bindings {
            for place in binding.places {
                for key in binding.keys where table[place]?[key] == nil { table[place, default: [:]][key] = binding }
            }
        }
        self.table = table
    }

    public func binding(for key: Key, in focus: Focus) -> KeyBinding? {
        table[focus]?[key]
    }

    public func bindings(in focus: Focus) -> [KeyBinding] {
        bindings.filter { $0.places.contains(focus) }
    }

    /// What the key bar calls an action.
    func name(of action: Action) -> String {
        bindings.first { $0.action == action }?.name ?? action.rawValue
    }

    /// The key to name where a sentence tells somebody to press it.
    public func keyName(of action: Action, in focus: Focus = .list) -> String {
        bindings(in: focus).first { $0.action == action }?.keys.first?.name ?? action.rawValue
    }
}
