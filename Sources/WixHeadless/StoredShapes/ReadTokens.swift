import Foundation
public import VisitorSessions

/// Tokens as they were found in a text, and how they stood there.
///
/// There is one way to make one, through ``TokenSlots``: no reader can forget what a placeholder is.
public struct ReadTokens: Hashable, Sendable {
    public private(set) var tokens: Tokens

    /// The name of the shape, for people.
    public internal(set) var shape: String

    /// The OAuth client, where the shape names it.
    public internal(set) var clientID: String?

    /// How the shape writes the access token's expiry.
    public private(set) var expiryUnit: ExpiryUnit

    /// What a person should know of how they were read, in sentences: what was left out or put right.
    public private(set) var notes: [String]

    init(
        _ slots: TokenSlots, shape: String, clientID: String? = nil, expiryUnit: ExpiryUnit = .none
    ) throws(UnreadableTokens) {
        let content = try slots.content()
        tokens = content.tokens
        notes = content.notes
        self.shape = shape
        if tokens.refreshToken == nil, shape == RefreshTokenAlone.name { self.shape = "access token" }
        self.clientID = clientID
        self.expiryUnit = tokens.accessToken == nil ? .none : expiryUnit
    }

    /// Takes `refreshToken` for the one that a renewal has left as it was.
    mutating func keep(_ refreshToken: TokenText) {
        guard tokens.refreshToken == nil, refreshToken.form != .access else { return }
        tokens.refreshToken = .reading(refreshToken.value, issuedWith: tokens.accessToken)
    }

    /// Takes the tokens of the same session from `other`, and keeps those that it doesn't have.
    mutating func merge(_ other: ReadTokens) {
        tokens.accessToken = other.tokens.accessToken ?? tokens.accessToken
        tokens.refreshToken = other.tokens.refreshToken ?? tokens.refreshToken
        shape = other.shape
        expiryUnit = other.expiryUnit
        notes += other.notes.filter { !notes.contains($0) }
    }

    /// Makes a pair of an access token alone and a refresh token alone.
    func paired(with other: ReadTokens) -> ReadTokens? {
        let (access, refresh) = tokens.accessToken == nil ? (other, self) : (self, other)
        guard let accessToken = access.tokens.accessToken, access.tokens.refreshToken == nil,
            let refreshToken = refresh.tokens.refreshToken, refresh.tokens.accessToken == nil
        else { return nil }
        var pair = access
        pair.tokens.refreshToken = .reading(refreshToken.value, issuedWith: accessToken)
        pair.shape = "access and refresh token"
        pair.notes += refresh.notes
        return pair
    }
}

/// The places where a text keeps its tokens, and what stands there: judged in one place, whatever the text is.
///
/// A placeholder is no token. A token's own form decides what it is; only where it has none does the slot.
struct TokenSlots {
    /// One place for a token.
    struct Slot {
        var value: JSONValue?

        /// What sentences call it, such as `refreshToken.value`.
        var name: String
    }

    var access: Slot?
    var refresh: Slot?

    /// When the access token expires, as the text has it.
    var expiresAt: Date?

    /// The role that the text names.
    var role: TokenRole?

    /// What is said where both slots are empty.
    var emptiness = "Both tokens are empty."

    /// What the slots hold.
    struct Content {
        var tokens: Tokens

        /// What a person should know of it, in sentences.
        var notes: [String]
    }

    /// Throws where no slot holds a token, and where it isn't clear which of two is meant.
    func content() throws(UnreadableTokens) -> Content {
        var notes: [String] = []
        let (access, refresh) = try sorted(
            try Self.text(access, &notes), try Self.text(refresh, &notes), &notes)
        guard access != nil || refresh != nil else {
            throw UnreadableTokens(notes.isEmpty ? emptiness : notes.joined(separator: " "))
        }
        let accessToken = access.map { AccessToken.reading($0.value, expiresAt: expiresAt) }
        let refreshToken = refresh.map { RefreshToken.reading($0.value, role: role, issuedWith: accessToken) }
        return Content(tokens: Tokens(accessToken: accessToken, refreshToken: refreshToken), notes: notes)
    }

    /// What stands in a slot. `nil`: nothing, or a placeholder, which is noted.
    private static func text(_ slot: Slot?, _ notes: inout [String]) throws(UnreadableTokens) -> TokenText? {
        guard let slot else { return nil }
        switch slot.value {
        case nil, .null?: return nil
        case .bool?: break
        case .string(let text)?:
            let text = UnwrappedText.isTight(text) ? text : text.trimmingCharacters(in: .whitespacesAndNewlines)
            if text.isEmpty { return nil }
            guard Secret(text).isPlaceholder else { return try TokenText(text, slot.name) }
        default: throw UnreadableTokens("\(slot.name) is not a text.")
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
            notes.append("The access and the refresh token stood in each other's place. They were put right.")
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
            "Both \(access?.name ?? "") and \(refresh?.name ?? "") hold something for the \(kind) token: which one is not clear."
        )
    }
}

extension TokenSlots.Slot {
    init(_ text: String, _ name: String) {
        self.init(value: .string(text), name: name)
    }

    /// Whether a placeholder stands there.
    var isPlaceholder: Bool {
        switch value {
        case .bool?: true
        case .string(let text)?: Secret(text).isPlaceholder
        default: false
        }
    }
}
