public import struct Foundation.Date

/// Why a store operation failed. Nothing was written unless the case says otherwise.
public struct StoreError: Error, Hashable, Sendable {
    @nonexhaustive
    public enum Kind: String, Sendable, Hashable {
        /// No session has this ID.
        case notFound
        /// The session was written since it was read.
        case conflict
        /// Another holder has the session's lease.
        case leased
        /// Another session holds the refresh token: ``StoreError/session``.
        case duplicate
        /// The client's request budget is exhausted until ``StoreError/notBefore``.
        case overBudget
        /// The row can't be decoded, or its tokens can't be decrypted.
        case damaged
        /// The label contains control characters.
        case invalidLabel
        /// The store is busy or unreachable. Retrying may help.
        case unavailable
        /// The disk or the user's quota is full. Retrying may help once there is space.
        case full
        /// The store can't be created at the requested location.
        case uncreatable
        /// The store is read-only.
        case readOnly
        /// The store can't be opened, isn't a session store, or is from a newer version.
        case unusable
        /// A setting is wrong, such as an invalid address or a user that the server rejects.
        case configuration
        /// The key that decrypts the tokens is missing, unreadable or the wrong one.
        case key
    }

    public var kind: Kind

    /// What happened and what to do, in safe sentences without tokens.
    public var message: String

    /// Technical details, without tokens.
    public var detail: String?

    /// The conflicting session.
    public var session: SessionID?

    /// When to retry, by the store's clock.
    public var notBefore: Date?

    public init(_ kind: Kind, _ message: String, detail: String? = nil) {
        self.kind = kind
        self.message = message.asSentence
        self.detail = detail
    }
}

extension StoreError {
    /// Whether retrying the same write later may succeed.
    var isTransient: Bool { kind == .unavailable || kind == .full }
}

extension StoreError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { message }

    public var debugDescription: String {
        [message, detail].compactMap(\.self).joined(separator: " · ")
    }
}

extension StoreError {
    public static func notFound(_ id: SessionID) -> StoreError {
        StoreError(.notFound, "No session has the ID \(id).")
    }

    public static func conflict(_ id: SessionID) -> StoreError {
        StoreError(.conflict, "Session \(id) was changed by another process. Check it and try again.")
    }

    /// - Parameter deadline: When the lease expires, by the store's clock.
    public static func leased(_ id: SessionID, by holder: String, until deadline: Date) -> StoreError {
        var error = StoreError(.leased, "Session \(id) is being renewed by \(holder).")
        error.notBefore = deadline
        return error
    }

    public static func duplicate(of id: SessionID) -> StoreError {
        var error = StoreError(
            .duplicate,
            "Session \(id) already holds this refresh token. Use that session, or "
                + "discard it first.")
        error.session = id
        return error
    }

    public static func overBudget(until date: Date) -> StoreError {
        var error = StoreError(
            .overBudget, "The request budget is exhausted. Nothing was sent; try again in a few seconds.")
        error.notBefore = date
        return error
    }

    /// The label of a new session, or a new label, contains control characters.
    public static var invalidLabel: StoreError {
        StoreError(
            .invalidLabel,
            "Labels can't contain control characters, such as tabs or line breaks. Nothing was changed.")
    }

    /// - Parameter place: What the full disk holds, such as "the store".
    public static func full(_ place: String, detail: String? = nil) -> StoreError {
        StoreError(.full, "The disk that holds \(place) is full. Free some space, then try again.", detail: detail)
    }

    public static func damaged(_ id: SessionID, _ reason: String) -> StoreError {
        StoreError(.damaged, "Session \(id) is damaged: \(reason). It can't be used or changed.")
    }
}

extension VisitorSession {
    /// Throws ``StoreError/Kind-swift.enum/invalidLabel`` if the label contains control characters. Every store calls
    /// this before it writes.
    ///
    /// - Parameter present: The stored label. Keeping it is allowed, so that sessions from earlier versions can still
    ///   be renewed.
    public func requireValidLabel(replacing present: String? = nil) throws(StoreError) {
        guard label == present || !Self.hasControlCharacters(label) else { throw .invalidLabel }
    }
}
