public import struct Foundation.Date

/// Why a store did not do what it was asked. Nothing was written, unless the case says otherwise.
public struct StoreError: Error, Hashable, Sendable {
    @nonexhaustive
    public enum Kind: String, Sendable, Hashable {
        /// There is no session with this ID.
        case notFound
        /// The session has been written since it was read.
        case conflict
        /// Another holder has the session's lease.
        case leased
        /// Another session holds the refresh token: ``StoreError/session``.
        case duplicate
        /// The client's requests are used up for now: ``StoreError/notBefore``.
        case overBudget
        /// The session's row cannot be decoded, or its tokens cannot be unsealed.
        case damaged
        /// The label has control characters.
        case invalidLabel
        /// The store is busy or away. It may go well the next time.
        case unavailable
        /// The store's disk is full, or the user's share of it. It may go well once there is room.
        case full
        /// The store can't be created where it was asked for.
        case uncreatable
        /// The store may be read only.
        case readOnly
        /// The store cannot be opened, or is no store of ours, or of a newer version.
        case unusable
        /// A setting is wrong: an address that cannot be read, a user whom the server does not let in.
        case configuration
        /// The key that opens the store's tokens is missing, unreadable or another one.
        case key
    }

    public var kind: Kind

    /// What happened and what to do, in safe sentences without tokens.
    public var message: String

    /// The technical rest, without tokens.
    public var detail: String?

    /// The session that stands in the way.
    public var session: SessionID?

    /// When it may be tried again, by the store's clock.
    public var notBefore: Date?

    public init(_ kind: Kind, _ message: String, detail: String? = nil) {
        self.kind = kind
        self.message = message.asSentence
        self.detail = detail
    }
}

extension StoreError {
    /// Whether the same write may go well later, without anything else to be done here.
    var mayPass: Bool { kind == .unavailable || kind == .full }
}

extension StoreError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { message }

    public var debugDescription: String {
        [message, detail].compactMap(\.self).joined(separator: " · ")
    }
}

extension StoreError {
    public static func notFound(_ id: SessionID) -> StoreError {
        StoreError(.notFound, "There is no session \(id).")
    }

    public static func conflict(_ id: SessionID) -> StoreError {
        StoreError(.conflict, "Session \(id) was changed by somebody else in the meantime. Look at it and try again.")
    }

    /// - Parameter deadline: Until when, by the store's clock.
    public static func leased(_ id: SessionID, by holder: String, until deadline: Date) -> StoreError {
        var error = StoreError(.leased, "Session \(id) is being renewed by \(holder).")
        error.notBefore = deadline
        return error
    }

    public static func duplicate(of id: SessionID) -> StoreError {
        var error = StoreError(
            .duplicate,
            "Session \(id) holds this refresh token already. Two sessions would redeem it twice: use that one, or "
                + "discard it first.")
        error.session = id
        return error
    }

    public static func overBudget(until date: Date) -> StoreError {
        var error = StoreError(
            .overBudget, "The issuer's requests are used up for now. Nothing was sent; try again in a few seconds.")
        error.notBefore = date
        return error
    }

    /// The label of a new session, or the new label of a stored one, has control characters.
    public static var invalidLabel: StoreError {
        StoreError(
            .invalidLabel,
            "A label can't have control characters, such as tabs or line breaks. Nothing was changed; use plain text.")
    }

    /// - Parameter place: Whose disk it is.
    public static func full(_ place: String, detail: String? = nil) -> StoreError {
        StoreError(.full, "The disk of \(place) is full. Make room on it, then try again.", detail: detail)
    }

    public static func damaged(_ id: SessionID, _ reason: String) -> StoreError {
        StoreError(.damaged, "Session \(id) is damaged: \(reason). It is kept as it is, and nothing writes to it.")
    }
}

extension VisitorSession {
    /// Throws ``StoreError/Kind-swift.enum/invalidLabel`` if the label has control characters, for every store's writes.
    ///
    /// - Parameter present: The stored label of an existing session. Keeping it is allowed: a session that has had such a
    ///   label since an earlier version can still be renewed.
    public func requireValidLabel(replacing present: String? = nil) throws(StoreError) {
        guard label == present || !Self.hasControlCharacters(label) else { throw .invalidLabel }
    }
}
