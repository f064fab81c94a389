import Foundation
import VisitorSessions
import WixHeadless

/// What a line of `export --as session` says about a session besides its tokens.
struct SessionLine {
    var id: String?
    var label: String?
    var issuer: String?
    var state: SessionState?
    var createdAt: Date?
    var renewedAt: Date?
    var discardedAt: Date?
    var renewalCount: Int?
    var autoRenew: Bool?

    /// Returns `nil` if `object` isn't an exported session. Throws if one of its fields is unreadable: without its
    /// label or times, it would become a different session.
    static func read(_ object: JSONValue) throws(UnreadableTokens) -> SessionLine? {
        guard object.members != nil else { return nil }
        do throws(UnreadableField) {
            return try SessionLine(fields: object)
        } catch {
            // Every exported session has both fields, and no application's format does.
            guard object["id"] != nil, object["tokens"] != nil else { return nil }
            throw UnreadableTokens("This exported session has an unreadable \(error.name).")
        }
    }

    private struct UnreadableField: Error {
        let name: String
    }

    private init(fields object: JSONValue) throws(UnreadableField) {
        /// `nil`: missing or null. Throws if `read` returns `nil`.
        func field<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws(UnreadableField) -> Value? {
            guard let value = object[name], value != .null else { return nil }
            guard let value = read(value) else { throw UnreadableField(name: name) }
            return value
        }
        func time(_ name: String) throws(UnreadableField) -> Date? {
            try field(name) { $0.string.flatMap { try? Date($0, strategy: .iso8601) } }
        }
        id = try field("id", \.string)
        label = try field("label", \.string)
        issuer = try field("issuer", \.string)
        state = try field("state") { $0.string.flatMap(SessionState.init) }
        createdAt = try time("createdAt")
        renewedAt = try time("renewedAt")
        discardedAt = try time("discardedAt")
        renewalCount = try field("renewalCount") { if case .number = $0 { $0.int } else { nil } }
        autoRenew = try field("autoRenew") { if case .bool(let value) = $0 { value } else { nil } }
        // The role is only checked here; it comes from the tokens.
        _ = try field("role", \.string)
    }

    /// The exported session with these tokens. `issuer` is the default if the line names none.
    func session(_ id: SessionID, tokens: Tokens, clientID: String, issuer: String?, at now: Date) -> VisitorSession {
        let createdAt = createdAt ?? now
        var session = VisitorSession(
            id: id, label: VisitorSession.label(label ?? ""), clientID: clientID, issuer: self.issuer ?? issuer,
            tokens: tokens, at: createdAt
        )
        session.tokensAt = renewedAt ?? createdAt
        session.renewedAt = renewedAt
        session.renewalCount = max(renewalCount ?? 0, 0)
        session.autoRenew = autoRenew ?? false
        session.discardedAt = discardedAt
        // States aren't stored. Without these times, the refused and unresolved states would be lost.
        if state == .refused, session.refreshExpiry.isUsable(at: now) { session.refusedAt = now }
        if state == .unresolved { session.sentAt = now }
        return session
    }
}

/// The outermost JSON objects of a text, whatever is between them.
struct JSONObjects {
    private(set) var ranges: [Range<Data.Index>] = []

    /// Whether the last object has no end. Its range then ends with the text.
    private(set) var isCutShort = false

    init(in text: Data) {
        var (start, depth, isString, isEscaped) = (text.startIndex, 0, false, false)
        for (index, byte) in zip(text.indices, text) {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isString: isEscaped = true
            case UInt8(ascii: "\"") where depth > 0: isString.toggle()
            case UInt8(ascii: "{") where !isString:
                if depth == 0 {
                    // In a comment, a brace isn't followed by a member's name.
                    let next = text[(index + 1)...].first { !" \t\r\n".utf8.contains($0) }
                    guard next == UInt8(ascii: "\"") else { continue }
                    start = index
                }
                depth += 1
            case UInt8(ascii: "}") where !isString && depth > 0:
                depth -= 1
                if depth == 0 { ranges.append(start..<index + 1) }
            default: break
            }
        }
        isCutShort = depth > 0
        if isCutShort { ranges.append(start..<text.endIndex) }
    }
}
