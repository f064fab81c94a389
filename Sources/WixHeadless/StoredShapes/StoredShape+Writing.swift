import Foundation
import VisitorSessions

/// The paths of a shape's values: names separated by dots. `nil`: the shape doesn't have this value.
struct ShapePaths: Sendable {
    var access: String?
    var refresh: String?
    var expiry: String?

    /// The access token's lifetime in seconds, from the token's own `iat` or else from now.
    var lifetime: String?
    var role: String?

    /// The same paths inside an object at `prefix`.
    func below(_ prefix: String) -> ShapePaths {
        func path(_ path: String?) -> String? { path.map { "\(prefix).\($0)" } }
        return ShapePaths(
            access: path(access), refresh: path(refresh), expiry: path(expiry), lifetime: path(lifetime),
            role: path(role))
    }
}

extension StoredShape {
    /// Returns `json`, which has this shape, with other tokens. Only existing values are replaced, each in its own
    /// form.
    static func write(_ tokens: Tokens, into json: JSONValue, now: Date) -> JSONValue {
        let (access, refresh) = (tokens.accessToken, tokens.refreshToken)
        var json = json
        json.edit(paths.access) { _ in .string(access?.value.reveal() ?? "") }
        json.edit(paths.refresh) { _ in .string(refresh?.value.reveal() ?? "") }
        json.edit(paths.expiry) { ExpiryUnit.write(access?.expiresAt, like: $0) }
        json.edit(paths.lifetime) { old in
            let start = access.flatMap { TokenFacts($0.value).issuedAt } ?? now
            let seconds = access?.expiresAt.map { max(Int($0.timeIntervalSince(start)), 0) } ?? 0
            return old.string == nil ? .number(String(seconds)) : .string(String(seconds))
        }
        json.edit(paths.role) { old in old.string == nil ? old : .string((refresh?.role ?? .none).rawValue) }
        return json
    }
}

extension ExpiryUnit {
    /// Writes an expiry in the form of `old`. `nil` is written as unknown.
    static func write(_ date: Date?, like old: JSONValue) -> JSONValue {
        let unit = read(old)?.unit ?? (old.string == nil ? .seconds : .iso8601)
        guard let date else { return old.string == nil ? (old.isNull ? .null : 0) : "" }
        let seconds = date.timeIntervalSince1970
        func number(_ factor: Double) -> JSONValue {
            let text = String(Int((seconds * factor).rounded(.down)))
            return old.string == nil ? .number(text) : .string(text)
        }
        switch unit {
        case .seconds, .none: return number(1)
        case .milliseconds: return number(1000)
        case .microseconds: return number(1_000_000)
        case .iso8601, .dateString:
            return .string(date.formatted(.iso8601.dateTimeSeparator(.standard).time(includingFractionalSeconds: true)))
        case .firestore:
            var new = old
            for name in ["seconds", "_seconds"] { new.edit(name) { _ in number(1) } }
            for name in ["nanoseconds", "_nanoseconds"] { new.edit(name) { _ in 0 } }
            return new
        }
    }
}

extension JSONValue {
    /// Replaces the value at a path, if it is there.
    mutating func edit(_ path: String?, _ change: (JSONValue) -> JSONValue) {
        guard let path, case .object(var members) = self else { return }
        let names = path.split(separator: ".", maxSplits: 1).map(String.init)
        guard let index = members.lastIndex(where: { $0.name == names[0] }) else { return }
        if names.count == 2 {
            members[index].value.edit(names[1], change)
        } else {
            members[index].value = change(members[index].value)
        }
        self = .object(members)
    }

    /// The first tokens in the value, at any depth, including in JSON inside strings.
    func storedTokens(now: Date) -> Tokens? {
        var found: Tokens?
        _ = mapFirstShape { shape, json in
            guard let read = try? shape.read(json, now: now) else { return nil }
            found = read.tokens
            return json
        } text: { text in
            found = text.tokens
            return ""
        }
        return found
    }

    /// The value with its first tokens replaced. `nil`: it has no tokens.
    func replacingStoredTokens(with tokens: Tokens, now: Date) -> JSONValue? {
        mapFirstShape { shape, json in
            (try? shape.read(json, now: now)).flatMap { $0 } == nil ? nil : shape.write(tokens, into: json, now: now)
        } text: { text in
            (try? text.replacing(with: tokens, now: now))?.reveal()
        }
    }

    /// The value without text that isn't known to belong to the shape of its tokens: such text may be anything.
    var form: JSONValue {
        switch self {
        case .object(let members):
            let kept = ["role", "token_type", "grantType", "clientId", "clientID"]
            return .object(
                members.compactMap { member in
                    switch member.value {
                    case .string(let text):
                        if let stored = (try? StoredText(text, now: .distantPast)).flatMap({ $0 }) {
                            return stored.template(now: .distantPast).map {
                                Member(name: member.name, value: .string($0))
                            }
                        }
                        let isExpiry = ExpiryUnit.read(member.value) != nil
                        return isExpiry || kept.contains(member.name) ? member : nil
                    default: return Member(name: member.name, value: member.value.form)
                    }
                })
        case .array(let values): return .array(values.map(\.form))
        default: return self
        }
    }

    /// Replaces the first object for which `change` returns a replacement, or the first text that holds tokens. `nil`:
    /// there is neither.
    private func mapFirstShape(
        _ change: (any StoredShape.Type, JSONValue) -> JSONValue?, text: (StoredText) -> String?
    ) -> JSONValue? {
        switch self {
        case .object(var members):
            for shape in StoredShapes.all where members.contains(where: { shape.members.contains($0.name) }) {
                if let changed = change(shape, self) { return changed }
            }
            for (index, member) in members.enumerated() {
                guard let changed = member.value.mapFirstShape(change, text: text) else { continue }
                members[index].value = changed
                return .object(members)
            }
            return nil
        case .array(var values):
            for (index, value) in values.enumerated() {
                guard let changed = value.mapFirstShape(change, text: text) else { continue }
                values[index] = changed
                return .array(values)
            }
            return nil
        case .string(let inner):
            guard inner.hasPrefix("{") || inner.hasPrefix("["),
                let stored = (try? StoredText(inner, now: .distantPast)).flatMap({ $0 })
            else { return nil }
            return text(stored).map { .string($0) }
        default: return nil
        }
    }
}
