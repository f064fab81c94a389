import ArgumentParser
import Foundation
import InspectorCore
import InspectorTerminal
import VisitorSessions
import Yams

/// The contents of `config.yml`: the profiles, the default profile, the theme, the bell and the keys.
struct ConfigurationFile: Decodable, Equatable {
    struct Profile: Decodable, Equatable {
        var clientID: String?
        var issuer: String?
        var store: String?
        var probeURL: String?

        /// The URLs of named probe requests, by name.
        var probes: [String: String] = [:]
        var readOnly: Bool?
        var policy: Policy?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case clientID = "client-id"
            case issuer, store
            case probeURL = "probe-url"
            case probes
            case readOnly = "read-only"
            case policy
        }

        init() {}

        init(from decoder: any Decoder) throws {
            try decoder.refuseUnknownKeys(CodingKeys.self)
            let object = try decoder.container(keyedBy: CodingKeys.self)
            clientID = try object.decodeIfPresent(String.self, forKey: .clientID)
            issuer = try object.decodeIfPresent(String.self, forKey: .issuer)
            store = try object.decodeIfPresent(String.self, forKey: .store)
            probeURL = try object.decodeIfPresent(String.self, forKey: .probeURL)
            probes = try object.decodeIfPresent([String: String].self, forKey: .probes) ?? [:]
            readOnly = try object.decodeIfPresent(Bool.self, forKey: .readOnly)
            policy = try object.decodeIfPresent(Policy.self, forKey: .policy)
        }
    }

    /// A profile's policy: durations such as `90s`, `15m` and `4h`, and two numbers.
    struct Policy: Decodable, Equatable {
        private var durations: [Name: Duration] = [:]
        private var numbers: [Name: Int] = [:]

        enum Name: String, CodingKey, CaseIterable {
            case expiryWarning = "expiry-warning"
            case renewAhead = "renew-ahead"
            case leeway
            case flightDeadline = "flight-deadline"
            case gracePeriod = "grace-period"
            case attempts
            case requestsPerMinute = "requests-per-minute"

            var isNumber: Bool { self == .attempts || self == .requestsPerMinute }
        }

        init(from decoder: any Decoder) throws {
            try decoder.refuseUnknownKeys(Name.self)
            let object = try decoder.container(keyedBy: Name.self)
            for name in object.allKeys {
                if name.isNumber {
                    numbers[name] = try Self.number(name, in: object)
                    continue
                }
                guard let duration = Duration(argument: try object.decode(String.self, forKey: name)) else {
                    throw DecodingError.dataCorruptedError(
                        forKey: name, in: object,
                        debugDescription: "“\(name.rawValue)” must be a duration, such as 90s, 15m, 4h or 1d.")
                }
                durations[name] = duration
            }
        }

        private static func number(_ name: Name, in object: KeyedDecodingContainer<Name>) throws -> Int {
            let number = try object.decode(Int.self, forKey: name)
            guard number >= (name == .attempts ? 1 : 0) else {
                throw DecodingError.dataCorruptedError(
                    forKey: name, in: object,
                    debugDescription: name == .attempts
                        ? "“attempts” must be at least 1."
                        : "“requests-per-minute” must be 0 (unlimited) or more.")
            }
            return number
        }

        var names: [String] { (Array(durations.keys) + Array(numbers.keys)).map(\.rawValue) }

        func applied(to policy: SessionPolicy) -> SessionPolicy {
            var policy = policy
            policy.expiryWarning = durations[.expiryWarning] ?? policy.expiryWarning
            policy.leeway = durations[.leeway] ?? policy.leeway
            policy.gracePeriod = durations[.gracePeriod] ?? policy.gracePeriod
            policy.renewAhead = durations[.renewAhead] ?? policy.renewAhead
            policy.flightDeadline = durations[.flightDeadline] ?? policy.flightDeadline
            policy.attempts = numbers[.attempts] ?? policy.attempts
            if let number = numbers[.requestsPerMinute] {
                policy.budget = number == 0 ? nil : RequestBudget(requestsPerMinute: number)
            }
            return policy
        }
    }

    var profile: String?
    var profiles: [String: Profile] = [:]

    var theme: Theme?

    /// The theme: `dark`, `light` or `auto`, or a map with one of these as `background` and colors by role.
    struct Theme: Decodable, Equatable {
        var background: String?
        var colors: [Style.Role: Int32] = [:]

        init(from decoder: any Decoder) throws {
            func failure(_ key: String?, _ sentence: String) -> DecodingError {
                let path = decoder.codingPath + [key].compactMap { $0.map { AnyKey(stringValue: $0) } }
                return .dataCorrupted(.init(codingPath: path, debugDescription: sentence))
            }
            let expected = "“theme” must be dark, light, auto, or a map of colors (expired: bright-red)."
            let values: [String: String]
            do {
                values = ["background": try decoder.singleValueContainer().decode(String.self)]
            } catch DecodingError.typeMismatch {
                do {
                    values = try decoder.singleValueContainer().decode([String: String].self)
                } catch DecodingError.typeMismatch {
                    throw failure(nil, expected)
                }
            }
            for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                if name == "background" {
                    guard ["dark", "light", "auto"].contains(value) else {
                        throw failure(nil, expected)
                    }
                    background = value
                    continue
                }
                guard let role = Style.Role.allCases.first(where: { $0.name == name }) else {
                    let names = Style.Role.allCases.map(\.name)
                    let meant = Spelling.nearest(to: name, among: names).map { " Did you mean “\($0)”?" } ?? ""
                    throw failure(
                        name,
                        "Unknown color role \(InputRedactor.quoted(name)).\(meant) Known roles: \(names.joined(separator: ", "))."
                    )
                }
                guard let color = ScreenOptions.color(named: value) else {
                    throw failure(
                        name, "“\(name)” must be a color such as red or bright-blue, or a number from 0 to 255.")
                }
                colors[role] = color
            }
        }
    }

    /// The states that sound the terminal's bell, separated by commas.
    var bell: Set<SessionState> = []

    /// Key overrides: action name to key.
    var keys: [String: String] = [:]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case profile, profiles, theme, bell, keys
    }

    init() {}

    init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let object = try decoder.container(keyedBy: CodingKeys.self)
        profile = try object.decodeIfPresent(String.self, forKey: .profile)
        profiles = try object.decodeIfPresent([String: Profile].self, forKey: .profiles) ?? [:]
        theme = try object.decodeIfPresent(Theme.self, forKey: .theme)
        keys = try object.decodeIfPresent([String: String].self, forKey: .keys) ?? [:]
        bell = try Self.states(object.decodeIfPresent(String.self, forKey: .bell) ?? "")
        try refuseUnknownActions()
    }

    private static func states(_ text: String) throws -> Set<SessionState> {
        let names = text.split { ", ".contains($0) }.map(String.init)
        let states = names.compactMap { name in InspectorOptions.bellStates.first { $0.rawValue == name } }
        guard states.count == names.count else {
            let known = InspectorOptions.bellStates.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorrupted(
                .init(codingPath: [CodingKeys.bell], debugDescription: "“bell” must list one or more of: \(known)."))
        }
        return Set(states)
    }

    /// A misspelled action would silently keep its default key.
    private func refuseUnknownActions() throws {
        let names = Keymap.standard.bindings.filter(\.isListed).map(\.action.rawValue)
        for name in keys.keys.sorted() where !names.contains(name) {
            let meant = Spelling.nearest(to: name, among: names).map { " Did you mean “\($0)”?" } ?? ""
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: [CodingKeys.keys, AnyKey(stringValue: name)],
                    debugDescription:
                        "Unknown action \(InputRedactor.quoted(name)).\(meant) Known actions: \(names.joined(separator: ", "))."
                ))
        }
    }

    private static let sizeLimit = 1 << 20

    /// Reads the file. `nil` if it doesn't exist.
    static func read(_ url: URL) throws -> ConfigurationFile? {
        try text(of: url).map { try parse($0, at: url) }
    }

    /// The file's text. `nil` if it doesn't exist.
    static func text(of url: URL) throws -> String? {
        let bytes: Data
        do throws(FileError) {
            bytes = try RegularFile.read(url, limit: sizeLimit)
        } catch {
            if error.isMissing { return nil }
            throw Failure(.configuration, "\(url.path) can't be read: \(error.reason).")
        }
        guard let text = String(bytes: bytes, encoding: .utf8) else {
            throw Failure(.configuration, "\(url.path) can't be read: it isn't UTF-8.")
        }
        return text
    }

    /// - Parameter url: The file that errors name.
    static func parse(_ text: String, at url: URL) throws -> ConfigurationFile {
        var root: Node?
        func failure(_ path: [any CodingKey], _ sentence: String) -> Failure {
            let line = root.flatMap { Self.line(of: path, in: $0) }.map { ", line \($0)" } ?? ""
            return Failure(.configuration, "\(url.path)\(line): \(sentence)")
        }
        do {
            if Self.aliasCount(in: text) > Self.aliasLimit {
                throw failure([], "It has more than \(Self.aliasLimit) aliases (*name). Write the values out.")
            }
            root = try Yams.compose(yaml: text)
            // For example, the file may contain only comments.
            guard let root else { return ConfigurationFile() }
            if Self.hasTooManyValues(root) {
                throw failure([], "It has more than \(Self.valueLimit) values. Remove some.")
            }
            return try YAMLDecoder().decode(ConfigurationFile.self, from: root)
        } catch let failure as Failure {
            throw failure
        } catch let DecodingError.dataCorrupted(context) {
            throw failure(context.codingPath, context.debugDescription)
        } catch let DecodingError.typeMismatch(type, context) {
            let place = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw failure(context.codingPath, "“\(place)” must be \(Self.description(of: type)).")
        } catch let YamlError.scanner(_, problem, mark, _), let YamlError.parser(_, problem, mark, _),
            let YamlError.composer(_, problem, mark, _)
        {
            throw Failure(.configuration, "\(url.path), line \(mark.line): Invalid YAML: \(problem).")
        } catch {
            throw Failure(.configuration, "\(url.path) can't be read: \(error.reason)")
        }
    }

    private static func description(of type: any Any.Type) -> String {
        switch type {
        case is Bool.Type: "true or false"
        case is Int.Type, is Double.Type: "a number"
        case is String.Type: "text"
        case is Node.Scalar.Type: "a single value, not a list or map"
        case is [Any].Type: "a list"
        default: "a map (`name: value`, one per line)"
        }
    }

    /// Limits on the contents: parsing YAML takes more than linear time, and aliases multiply values.
    private static let valueLimit = 4_000
    private static let aliasLimit = 20

    /// Counts possible aliases (`*name`).
    private static func aliasCount(in text: String) -> Int {
        zip(("\n" + text).utf8, text.utf8).count { before, byte in
            byte == UInt8(ascii: "*") && " \t\n[{,".utf8.contains(before)
        }
    }

    private static func hasTooManyValues(_ root: Node) -> Bool {
        var (waiting, count) = ([root], 0)
        while let node = waiting.popLast(), count <= valueLimit {
            count += 1
            // Counts before collecting children, because aliases can multiply them.
            switch node {
            case .mapping(let mapping):
                if mapping.count > valueLimit { return true }
                for pair in mapping { waiting += [pair.key, pair.value] }
            case .sequence(let sequence):
                if sequence.count > valueLimit { return true }
                waiting += Array(sequence)
            case .scalar, .alias: break
            }
        }
        return count > valueLimit
    }

    /// The line of the last key of `path`, or of its closest parent.
    private static func line(of path: [any CodingKey], in root: Node) -> Int? {
        var (node, line) = (root, nil as Int?)
        for key in path {
            guard let found = node.mapping?.first(where: { $0.key.string == key.stringValue }) else { break }
            line = found.key.mark?.line ?? line
            node = found.value
        }
        return line
    }
}

extension Decoder {
    /// An unknown key is usually a mistake that would otherwise go unnoticed.
    fileprivate func refuseUnknownKeys<Known: CodingKey & CaseIterable>(_ known: Known.Type) throws {
        let names = Known.allCases.map(\.stringValue)
        for key in try container(keyedBy: AnyKey.self).allKeys where !names.contains(key.stringValue) {
            let meant = Spelling.nearest(to: key.stringValue, among: names).map { " Did you mean “\($0)”?" } ?? ""
            let message =
                "Unknown setting \(InputRedactor.quoted(key.stringValue)).\(meant) Known settings: \(names.joined(separator: ", "))."
            throw DecodingError.dataCorrupted(.init(codingPath: codingPath + [key], debugDescription: message))
        }
    }
}

private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int?

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
