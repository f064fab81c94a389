import Foundation
import VisitorSessions
import WixHeadless

/// A session as JSON.
struct SessionDocument: Encodable {
    var session: VisitorSession
    var state: SessionState

    /// Included only on request.
    var tokens: Tokens?

    /// Included only if an application uses or used the session.
    var live: LiveSession?

    /// Included only on request.
    var requests: [LiveRequest]?

    /// Included only on request.
    var claims: ClaimsDocument?

    /// Included only on request, newest first.
    var history: [EventDocument]?

    private enum Key: String, CodingKey {
        case id, label, clientID, issuer, visitorID, role, state, accessExpiresAt, refreshExpiresAt, createdAt,
            renewedAt,
            renewalCount, autoRenew, version, discardedAt, tokens, live, requests, claims, history
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(session.id.description, forKey: .id)
        try object.encode(session.label, forKey: .label)
        try object.encode(
            session.clientID == VisitorSession.unknownClientID ? nil : session.clientID, forKey: .clientID)
        try object.encode(session.issuer, forKey: .issuer)
        try object.encode(session.visitorID, forKey: .visitorID)
        try object.encode(session.role.rawValue, forKey: .role)
        try object.encode(state.rawValue, forKey: .state)
        try object.encode(Self.time(session.accessExpiry.date), forKey: .accessExpiresAt)
        try object.encode(Self.time(session.refreshExpiry.date), forKey: .refreshExpiresAt)
        try object.encode(Self.time(session.createdAt), forKey: .createdAt)
        try object.encode(Self.time(session.renewedAt), forKey: .renewedAt)
        try object.encode(session.renewalCount, forKey: .renewalCount)
        try object.encode(session.autoRenew, forKey: .autoRenew)
        try object.encode(session.version, forKey: .version)
        try object.encode(Self.time(session.discardedAt), forKey: .discardedAt)
        if let live { try object.encode(LiveDocument(live: live), forKey: .live) }
        if let requests { try object.encode(requests.map { RequestDocument(request: $0) }, forKey: .requests) }
        if let claims { try object.encode(claims, forKey: .claims) }
        if let history { try object.encode(history, forKey: .history) }
        if let tokens { try object.encode(SDKTokens.document(tokens), forKey: .tokens) }
    }

    /// ISO 8601 in UTC, to the second.
    static func time(_ date: Date?) -> String? {
        date?.formatted(.iso8601)
    }

    /// A JSON object, on one line or several.
    func json(pretty: Bool = true) throws -> String {
        try JSONText.object(self, pretty: pretty)
    }
}

/// How an application uses a session, in JSON.
private struct LiveDocument: Encodable {
    let live: LiveSession

    private enum Key: String, CodingKey {
        case isLive, kind, source, process, requestCount, lastRequestAt, lastStatus, lastFailure
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(live.isLive, forKey: .isLive)
        try object.encode(live.source.kind.rawValue, forKey: .kind)
        try object.encode(live.source.label, forKey: .source)
        try object.encode(live.process, forKey: .process)
        try object.encode(live.requestCount, forKey: .requestCount)
        try object.encode(SessionDocument.time(live.lastRequestAt), forKey: .lastRequestAt)
        try object.encode(live.lastOutcome.status, forKey: .lastStatus)
        try object.encode(live.lastOutcome.failure, forKey: .lastFailure)
    }
}

/// A journal entry in JSON.
struct EventDocument: Encodable {
    let entry: JournalEntry

    /// The label of the session. `nil`: it is left out.
    var label: String?

    func encode(to encoder: any Encoder) throws {
        let draft = entry.draft
        var members: [String: JSONText] = [
            "position": .number(entry.position), "at": .string(SessionDocument.time(entry.at)),
            "event": .string(draft.event.rawValue), "session": .string(entry.session.description),
            "actor": .string(draft.actor), "outcome": .string(draft.outcome), "requestID": .string(draft.requestID),
            "duration": .number((draft.duration?.inMilliseconds).map { Int($0) }),
        ]
        if let label { members["label"] = .string(label) }
        try members.encode(to: encoder)
    }
}

/// The readable claims of a session's tokens as JSON, grouped by token and keyed by name.
struct ClaimsDocument: Encodable {
    let tokens: Tokens

    func encode(to encoder: any Encoder) throws {
        let claims = [("access", tokens.accessToken?.value), ("refresh", tokens.refreshToken?.value)].map {
            name, token in
            let claims = (token.map { DecodedToken($0).claims } ?? []).map { claim in
                let value =
                    if case .date(let date) = claim.value { SessionDocument.time(date) } else {
                        claim.value.description
                    }
                return (claim.name, JSONText.string(value))
            }
            return (name, Dictionary(claims) { first, _ in first })
        }
        try Dictionary(uniqueKeysWithValues: claims).encode(to: encoder)
    }
}

/// Encodes small JSON documents.
enum JSONText: Encodable {
    case string(String?)
    case bool(Bool)
    case number(Int?)

    func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        switch self {
        case .string(let text): try single.encode(text)
        case .bool(let value): try single.encode(value)
        case .number(let value): try single.encode(value)
        }
    }

    /// Spreads JSON over several lines. Returns `nil` if `data` isn't JSON.
    static func pretty(_ data: Data) -> String? {
        guard let json = try? JSONSerialization.jsonObject(with: data),
            let pretty = try? JSONSerialization.data(
                withJSONObject: json, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        else { return nil }
        return String(decoding: pretty, as: UTF8.self)
    }

    /// Encodes `members` as JSON that is safe to print on a terminal.
    static func object(_ members: some Encodable, pretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        var text = ""
        // Escapes invisible characters, which occur only in strings.
        for scalar in String(decoding: try encoder.encode(members), as: UTF8.self).unicodeScalars {
            if scalar.value >= 0x7F, scalar.isInvisible {
                for unit in String(scalar).utf16 { text += "\\u" + String(0x10000 + Int(unit), radix: 16).dropFirst() }
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
