extension Keymap {
    /// The keymap with the keys that a configuration asks for, and a sentence for each that it cannot have.
    ///
    /// - Parameter wishes: Names of actions, and for each the names of its keys with blanks between them. A wish
    ///   replaces all of the action's keys. One that cannot be granted leaves them as they are.
    public func changed(by wishes: [String: String]) -> (keymap: Keymap, complaints: [String]) {
        var bindings = bindings
        var complaints: [String] = []
        for (name, text) in wishes.sorted(by: { $0.key < $1.key }) {
            guard let place = bindings.firstIndex(where: { $0.action.rawValue == name && $0.isListed }) else {
                complaints.append(
                    "keys: no action is called “\(name)”; the palette (\(keyName(of: .palette))) shows their names.")
                continue
            }
            let names = text.split(separator: " ").map(String.init)
            let keys = names.compactMap { Key(named: $0) }
            guard !keys.isEmpty, keys.count == names.count else {
                complaints.append("keys: “\(text)” for \(name) is no key. Examples: x, ^x, F5, Space, PgUp.")
                continue
            }
            bindings[place].keys = keys
        }
        return Self.withoutClashes(bindings, standard: self.bindings, complaints)
    }

    /// Takes wishes back until no key means two things in one place.
    private static func withoutClashes(
        _ wished: [KeyBinding], standard: [KeyBinding], _ complaints: [String]
    ) -> (keymap: Keymap, complaints: [String]) {
        var bindings = wished
        var complaints = complaints
        while let clash = firstClash(in: bindings) {
            let isWish = bindings[clash.later].keys != standard[clash.later].keys
            let place = isWish ? clash.later : clash.earlier
            let other = isWish ? clash.earlier : clash.later
            complaints.append(
                "keys: \(clash.key.name) is \(bindings[other].action.rawValue) already, and cannot be "
                    + "\(bindings[place].action.rawValue) too.")
            bindings[place].keys = standard[place].keys
        }
        return (Keymap(bindings), complaints)
    }

    private static func firstClash(in bindings: [KeyBinding]) -> (key: Key, earlier: Int, later: Int)? {
        var seen: [Focus: [Key: Int]] = [:]
        for (place, binding) in bindings.enumerated() {
            for focus in binding.places {
                for key in binding.keys {
                    if let earlier = seen[focus]?[key] { return (key, earlier, place) }
                    seen[focus, default: [:]][key] = place
                }
            }
        }
        return nil
    }
}
