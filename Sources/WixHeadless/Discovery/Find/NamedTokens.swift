import Foundation
import VisitorSessions

/// Tokens whose names contain *access token* or *refresh token*. Two whose names differ only in that are a pair.
struct NamedTokens {
    struct Result {
        /// The field of the access token, or else of the refresh token.
        var field: Field
        var read: Swift.Result<ReadTokens, UnreadableTokens>
        var steps: [String]
    }

    private(set) var results: [Result] = []

    /// The indexes of the fields that hold them.
    private(set) var used: Set<Int> = []

    /// A field's token, and what else the field's value holds.
    private struct Value {
        var field: Field
        var isAccess: Bool
        var slot: TokenSlots.Slot
        var expiry: TokenSlots.Expiry?
        var role: JSONValue?
        var steps: [String]
    }

    static func read(_ fields: [Field], now: Date) -> NamedTokens {
        var named = NamedTokens()
        var values: [[String]: [Value]] = [:]
        var order: [[String]] = []
        for (index, field) in fields.enumerated() {
            let role = FieldRole(field.name)
            guard role == .accessToken || role == .refreshToken,
                let value = value(field, isAccess: role == .accessToken)
            else { continue }
            let key = [field.group, FieldRole.stem(field.name)]
            if values[key] == nil { order.append(key) }
            values[key, default: []].append(value)
            named.used.insert(index)
        }
        for key in order {
            let group = values[key] ?? []
            let access = unique(group.filter(\.isAccess))
            let refresh = unique(group.filter { !$0.isAccess })
            if access.count <= 1, refresh.count <= 1 {
                named.add(access.first, refresh.first, fields, now)
            } else {
                for value in access { named.add(value, nil, fields, now) }
                for value in refresh { named.add(nil, value, fields, now) }
            }
        }
        return named
    }

    /// The client ID that a field holds, or `nil` if it holds none.
    static func clientID(_ name: String, _ value: JSONValue) -> String? {
        // The last two letters rule out most names quickly.
        let end = name.utf8.suffix(2)
        guard name.utf8.count >= 8, end.first.map({ $0 | 0x20 }) == UInt8(ascii: "i"),
            end.last.map({ $0 | 0x20 }) == UInt8(ascii: "d"), FieldRole(name) == .clientID, let text = value.string
        else { return nil }
        let id = text.utf8.allSatisfy(\.isNameByte) ? text : TextDecoders.decode(text).text
        // Other services' clients have IDs that aren't UUIDs.
        guard name.utf8.count <= 13 || UUID(uuidString: id) != nil else { return nil }
        return ClientID.read(id)
    }

    private mutating func add(_ access: Value?, _ refresh: Value?, _ fields: [Field], _ now: Date) {
        guard let first = access ?? refresh else { return }
        let slots = TokenSlots(
            access: access?.slot, refresh: refresh?.slot,
            expiry: access?.expiry ?? Self.expiry(fields, beside: access, now), role: refresh?.role,
            emptyMessage: access == nil || refresh == nil ? "The token is empty." : "Both tokens are empty.")
        let read: Swift.Result<ReadTokens, UnreadableTokens>
        do throws(UnreadableTokens) {
            read = .success(try ReadTokens(slots))
        } catch {
            read = .failure(error)
        }
        results.append(Result(field: first.field, read: read, steps: first.steps))
    }

    private static func unique(_ values: [Value]) -> [Value] {
        var seen: Set<JSONValue?> = []
        return values.filter { seen.insert($0.slot.value).inserted }
    }

    /// `nil`: the field holds something else, such as a whole pair.
    private static func value(_ field: Field, isAccess: Bool) -> Value? {
        var value = Value(
            field: field, isAccess: isAccess, slot: .init(value: field.value, name: field.shownName), steps: field.steps
        )
        var json = field.value
        if let text = json.string {
            let (decoded, steps) = TextDecoders.decode(text)
            value.steps += steps
            value.slot.value = .string(BareToken.withoutScheme(decoded))
            guard decoded.utf8.contains(UInt8(ascii: "{")) else { return value }
            // JSON, or an object as a console prints it.
            let object = (try? JSONReader.read(decoded.utf8)) ?? LooseObjects.fields(decoded)?.first?.value
            guard let object, !(object.members ?? []).isEmpty else { return value }
            json = object
        }
        switch json {
        case .object:
            guard let name = ["value", "token"].first(where: { json[$0]?.string != nil }) else { return nil }
            value.slot = .init(value: json[name], name: "\(field.shownName).\(name)")
            let expiry = ["expiresAt", "expires_at", "exp", "expires", "expiry"].first { json[$0] != nil }
            value.expiry = expiry.map { .init(json[$0], "\(field.shownName).\($0)") }
            value.role = json["role"]
            return value
        case .string, .null, .bool: return value
        default: return nil
        }
    }

    /// The expiry in another field. If there are several, only one that names the access token counts.
    private static func expiry(_ fields: [Field], beside access: Value?, _ now: Date) -> TokenSlots.Expiry {
        guard let access else { return .unknown }
        var found = fields.filter { $0.group == access.field.group && FieldRole($0.name) == .expiry }
        if found.count > 1 { found = found.filter { $0.name.lowercased().contains("access") } }
        if found.count == 1 { return .init(decoded(found[0].value), found[0].shownName) }
        let lifetimes = fields.filter { $0.group == access.field.group && FieldRole($0.name) == .lifetime }
        guard lifetimes.count == 1, let lifetime = decoded(lifetimes[0].value).double, lifetime > 0, lifetime < 1e9
        else {
            return .unknown
        }
        let issuedAt = access.slot.value?.string.flatMap { TokenFacts(Secret($0)).issuedAt }
        return .init(date: (issuedAt ?? now).addingTimeInterval(lifetime))
    }

    private static func decoded(_ value: JSONValue) -> JSONValue {
        value.string.map { .string(TextDecoders.decode($0).text) } ?? value
    }
}
