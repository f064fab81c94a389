import Foundation
import VisitorSessions

/// The places where a text keeps its tokens, and what is in them: judged here, whatever the text is.
///
/// A placeholder isn't a token. A token's own form decides what it is; only where it has none does the slot.
struct TokenSlots {
    /// One place for a token.
    struct Slot {
        var value: JSONValue?

        /// The path of the value, such as `refreshToken.value`: for messages, and for writing a token back.
        var name: String
    }

    /// When the access token expires, as the text has it.
    struct Expiry {
        /// `nil`: unknown.
        var date: Date?
        var unit = ExpiryUnit.none
        /// The path of the value.
        var name = "expiresAt"
        /// Whether the value is no time that can be read.
        var isOdd = false

        static let unknown = Expiry()

        init(date: Date? = nil, unit: ExpiryUnit = .none) {
            (self.date, self.unit) = (date, unit)
        }

        /// Missing, null, empty and 0 mean unknown.
        init(_ value: JSONValue?, _ name: String) {
            self.name = name
            guard let value, !value.isNull, value != .string(""), value.double != 0 else { return }
            if let time = ExpiryUnit.read(value) { (date, unit) = time } else { isOdd = true }
        }
    }

    var access: Slot?
    var refresh: Slot?
    var expiry = Expiry.unknown

    /// The role that the text names.
    var role: JSONValue?

    /// What is said if both slots are empty.
    var emptiness = "Both tokens are empty."

    /// What the slots hold.
    struct Content {
        var tokens: Tokens

        /// What a person should know about it, in sentences.
        var notes: [String]
    }

    /// Throws if no slot holds a token, and if it isn't clear which of two is meant.
    func content() throws(UnreadableTokens) -> Content {
        var notes: [String] = []
        let (access, refresh) = try sorted(try Self.text(access, &notes), try Self.text(refresh, &notes), &notes)
        guard access != nil || refresh != nil else {
            throw UnreadableTokens(notes.isEmpty ? emptiness : notes.joined(separator: " "))
        }
        let facts = access.map { TokenFacts($0.value) }
        var accessToken: AccessToken?
        if let access, let facts {
            accessToken = AccessToken.reading(access.value, facts, expiresAt: expiresAt(of: facts, &notes))
        }
        let refreshToken = refresh.map {
            RefreshToken.reading($0.value, role: role(&notes), issuedWith: facts)
        }
        return Content(tokens: Tokens(accessToken: accessToken, refreshToken: refreshToken), notes: notes)
    }

    /// What is in a slot. `nil`: nothing, or a placeholder, which is noted.
    private static func text(_ slot: Slot?, _ notes: inout [String]) throws(UnreadableTokens) -> TokenText? {
        guard let slot else { return nil }
        switch slot.value {
        case nil, .null?: return nil
        case .bool?: break
        case .string(let text)?:
            let text = TextDecoders.trimmed(text)
            if text.isEmpty { return nil }
            guard Secret(text).isPlaceholder else { return try TokenText(real: text, slot.name) }
        default:
            notes.append("\(slot.name) isn't a string.")
            return nil
        }
        notes.append(TokenText.placeholder(slot.name))
        return nil
    }

    /// Puts both where they belong by their forms.
    private func sorted(
        _ access: TokenText?, _ refresh: TokenText?, _ notes: inout [String]
    ) throws(UnreadableTokens) -> (access: TokenText?, refresh: TokenText?) {
        let (accessName, refreshName) = (self.access?.name ?? "", self.refresh?.name ?? "")
        switch (access?.form == .refresh, refresh?.form == .access) {
        case (true, true):
            notes.append("The two tokens were swapped: their prefixes show which is which.")
            return (refresh, access)
        case (false, true):
            notes.append("\(refreshName) holds an access token.")
            guard let access, access != refresh else { return (refresh, nil) }
            guard access.form == .access else { throw unclear("access") }
            return (access, nil)
        case (true, false):
            notes.append("\(accessName) holds a refresh token.")
            guard let refresh, refresh != access else { return (nil, access) }
            guard refresh.form == .refresh else { throw unclear("refresh") }
            return (nil, refresh)
        case (false, false):
            guard access != nil, access == refresh else { return (access, refresh) }
            notes.append("\(refreshName) holds the access token.")
            return (access, nil)
        }
    }

    private func unclear(_ kind: String) -> UnreadableTokens {
        UnreadableTokens(
            "\(access?.name ?? "") and \(refresh?.name ?? "") both hold a possible \(kind) token, and it isn't clear which is right."
        )
    }

    /// A written expiry can't be true if it is before the token was issued. The token's own `exp` decides then.
    private func expiresAt(of facts: TokenFacts, _ notes: inout [String]) -> Date? {
        let isImpossible = expiry.date.flatMap { date in facts.issuedAt.map { date < $0 } } ?? false
        guard expiry.isOdd || isImpossible else { return expiry.date }
        notes.append(
            "\(expiry.name) \(isImpossible ? "is earlier than the token's issue time" : "can't be read as a time"), so the token's exp claim is used."
        )
        return nil
    }

    /// `nil`: the role is taken from the tokens. The same applies to the role of the SDK's empty pair.
    private func role(_ notes: inout [String]) -> TokenRole? {
        guard let role, !role.isNull, role != .string("") else { return nil }
        // Source text names a case of the SDK's enumeration.
        let name = role.string?.lowercased().split(separator: ".").last.map(String.init)
        guard let read = name.flatMap(TokenRole.init) else {
            notes.append("The role isn't recognized, so it is taken from the tokens.")
            return nil
        }
        return read == TokenRole.none ? nil : read
    }
}

extension TokenSlots.Slot {
    init(_ text: String, _ name: String) {
        self.init(value: .string(text), name: name)
    }
}
