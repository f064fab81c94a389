import CPostgres
import Foundation
import SessionSQL
import VisitorSessions

/// One connection to a server. Used on one queue at a time; ``cancel()`` alone may be called from anywhere.
///
/// Nothing of it lasts on the server beyond a transaction, so that a pooler in transaction mode may stand between:
/// statements are unnamed, and settings are local to their transaction.
final class PostgresConnection: @unchecked Sendable {
    private let handle: OpaquePointer
    private let cancelling: OpaquePointer?
    private let address: PostgresAddress
    private let timeouts: PostgresTimeouts

    /// Whether it can still be used.
    private(set) var isSound = true

    /// Connects. Blocks.
    ///
    /// - Parameter first: Which of several servers to begin with.
    init(_ address: PostgresAddress, from first: Int = 0, timeouts: PostgresTimeouts) throws(PostgresFailure) {
        // What comes first gives way to what the URI says.
        var settings: [(String, String)] = [
            ("keepalives_idle", "15"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("fallback_application_name", "session-inspector/\(ProcessInfo.processInfo.processIdentifier)"),
            ("dbname", address.uri.reveal()), ("client_encoding", "UTF8"),
        ]
        if first > 0 {
            settings.append(("host", address.hosts[first...].map(\.host).joined(separator: ",")))
            settings.append(("port", address.hosts[first...].map(\.port).joined(separator: ",")))
        }
        let keywords = settings.map { strdup($0.0) }
        let values = settings.map { strdup($0.1) }
        defer { for text in keywords + values { free(text) } }
        let started = PQconnectStartParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
        guard let started else {
            throw PostgresFailure(message: "There is no memory for a connection.", isConnectionLost: true)
        }
        handle = started
        self.address = address
        self.timeouts = timeouts
        cpostgres_silence_notices(started)
        // With the server's code in front: a failed connection has no other way to tell it.
        PQsetErrorVerbosity(started, PQERRORS_VERBOSE)
        do throws(PostgresFailure) {
            try Self.finishConnecting(started, address, until: .now + (address.connectTimeout ?? timeouts.connect))
        } catch {
            var failure = error
            if failure.isTimeout { failure.silentHost = Self.place(of: started, in: address, from: first) }
            PQfinish(started)
            throw failure
        }
        PQsetErrorVerbosity(started, PQERRORS_DEFAULT)
        PQsetnonblocking(started, 1)
        cancelling = PQgetCancel(started)
    }

    deinit {
        PQfreeCancel(cancelling)
        PQfinish(handle)
    }

    /// The process that serves it, as the server has told at first. A pooler makes this number up.
    var backendID: Int32 { PQbackendPID(handle) }

    /// Whether it can't be read by others: encrypted, or a socket on this machine.
    var isPrivate: Bool {
        var peer = sockaddr()
        var length = socklen_t(MemoryLayout<sockaddr>.size)
        let isKnown = getpeername(PQsocket(handle), &peer, &length) == 0
        return PQsslInUse(handle) != 0 || isKnown && peer.sa_family == sa_family_t(AF_UNIX)
    }

    /// Asks the server to give up the statement that is running. Blocks until the server has heard it.
    func cancel() {
        guard let cancelling else { return }
        var reason = [CChar](repeating: 0, count: 256)
        PQcancel(cancelling, &reason, Int32(reason.count))
    }

    /// Stops using it, because its state is unknown.
    func giveUp() {
        isSound = false
    }

    /// Runs one statement. Throws what the server says against it, after which a transaction is of no more use.
    @discardableResult
    func execute(_ sql: SQLText) throws(PostgresFailure) -> PostgresResult {
        let parameters = sql.values.map(Parameter.init)
        let types = parameters.map(\.type)
        let lengths = parameters.map { Int32($0.bytes?.count ?? 0) }
        let formats = parameters.map { _ in Int32(1) }
        let values = parameters.map { parameter -> UnsafeMutablePointer<CChar>? in
            guard let bytes = parameter.bytes else { return nil }
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: max(bytes.count, 1))
            UnsafeMutableRawPointer(copy).copyMemory(from: bytes, byteCount: bytes.count)
            return copy
        }
        defer { for value in values { value?.deallocate() } }
        let isSent = PQsendQueryParams(
            handle, Self.numbered(sql.text), Int32(parameters.count), types, values.map { UnsafePointer($0) }, lengths,
            formats, 1)
        guard isSent == 1 else { throw lost() }
        return try result()
    }

    /// With `$1` for the first question mark.
    private static func numbered(_ text: String) -> String {
        var numbered = ""
        numbered.reserveCapacity(text.utf8.count + 64)
        for (number, piece) in text.split(separator: "?", omittingEmptySubsequences: false).enumerated() {
            if number > 0 { numbered += "$\(number)" }
            numbered += piece
        }
        return numbered
    }

    /// Runs statements of this program's own that have no values and give no rows.
    func execute(script: String) throws(PostgresFailure) {
        guard PQsendQuery(handle, script) == 1 else { throw lost() }
        _ = try result()
    }

    // MARK: Notifications

    /// Waits until the server says something, `descriptor` can be read, or `pause` has passed. Returns the payloads of the
    /// notifications that have come.
    func notifications(orReadable descriptor: Int32, atMost pause: Duration) throws(PostgresFailure) -> [String] {
        var descriptors = [
            pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        // Some may have come with an answer, and are not to be read from the socket any more.
        let early = pendingNotifications()
        guard early.isEmpty else { return early }
        poll(&descriptors, 2, Int32(pause / .milliseconds(1)))
        guard PQconsumeInput(handle) == 1 else { throw lost() }
        return pendingNotifications()
    }

    private func pendingNotifications() -> [String] {
        var payloads: [String] = []
        while let notification = PQnotifies(handle) {
            payloads.append(String(cString: notification.pointee.extra))
            PQfreemem(notification)
        }
        return payloads
    }

    // MARK: Waiting

    private static func finishConnecting(
        _ handle: OpaquePointer, _ address: PostgresAddress, until deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) {
        var events = Int16(POLLOUT)
        while true {
            if PQstatus(handle) == CONNECTION_BAD { throw failedToConnect(handle, address) }
            guard wait(for: events, PQsocket(handle), until: deadline) else {
                throw PostgresFailure(
                    message: "The server did not answer in time.", isConnectionLost: true, isTimeout: true)
            }
            switch PQconnectPoll(handle) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: events = Int16(POLLIN)
            case PGRES_POLLING_WRITING: events = Int16(POLLOUT)
            default: throw failedToConnect(handle, address)
            }
        }
    }

    private static func failedToConnect(_ handle: OpaquePointer, _ address: PostgresAddress) -> PostgresFailure {
        let message = address.redacted(String(cString: PQerrorMessage(handle)))
        // Two spaces come before it, and one before anything else.
        let code = message.firstMatch(of: #/:  ([0-9A-Z]{5}): /#).map { String($0.output.1) }
        // A missing password that the server asked for is no code of the server's.
        let isLackingPassword = code == nil && PQconnectionNeedsPassword(handle) != 0
        return PostgresFailure(
            sqlState: isLackingPassword ? "28P01" : PostgresFailure.sqlState(code, saying: message), message: message,
            isConnectionLost: true)
    }

    /// Which of several servers was waited for.
    private static func place(of handle: OpaquePointer, in address: PostgresAddress, from first: Int) -> Int? {
        guard let host = PQhost(handle), let port = PQport(handle) else { return nil }
        let server = (String(cString: host), String(cString: port))
        return address.hosts.indices.dropFirst(first).first {
            address.hosts[$0].host == server.0 && address.hosts[$0].port == server.1
        }
    }

    /// The last of the results of what was sent, or the first failure among them.
    private func result() throws(PostgresFailure) -> PostgresResult {
        let deadline = ContinuousClock.now + timeouts.statement + .seconds(1)
        var last: PostgresResult?
        var failure: PostgresFailure?
        while true {
            try receive(until: deadline)
            guard let handed = PQgetResult(handle) else { break }
            switch PQresultStatus(handed) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: last = PostgresResult(handed)
            default:
                failure = failure ?? self.failure(handed)
                PQclear(handed)
            }
        }
        if PQstatus(handle) == CONNECTION_BAD { isSound = false }
        if let failure { throw failure }
        guard let last else { throw lost() }
        return last
    }

    /// Waits until the next result is here, or there is none.
    private func receive(until deadline: ContinuousClock.Instant) throws(PostgresFailure) {
        while true {
            let unsent = PQflush(handle)
            guard unsent >= 0 else { throw lost() }
            if unsent == 0, PQisBusy(handle) == 0 { return }
            let events = Int16(unsent > 0 ? POLLIN | POLLOUT : POLLIN)
            guard Self.wait(for: events, PQsocket(handle), until: deadline) else {
                isSound = false
                // The server may still run it for no one. A silent server may never hear this, and isn't waited for.
                Thread.detachNewThread { [self] in cancel() }
                throw PostgresFailure(
                    message: "The server did not answer in time.", isConnectionLost: true, isTimeout: true)
            }
            // Where this fails, the next result says why.
            if PQconsumeInput(handle) == 0, PQisBusy(handle) != 0 { throw lost() }
        }
    }

    private static func wait(
        for events: Int16, _ descriptor: Int32, until deadline: ContinuousClock.Instant
    ) -> Bool {
        while true {
            let left = deadline - .now
            guard left > .zero else { return false }
            var descriptors = [pollfd(fd: descriptor, events: events, revents: 0)]
            let count = poll(&descriptors, 1, Int32(min(left / .milliseconds(1) + 1, 60_000)))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return false }
        }
    }

    private func failure(_ result: OpaquePointer) -> PostgresFailure {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        let isLost = PQstatus(handle) == CONNECTION_BAD || field("V") == "FATAL" || field("V") == "PANIC"
        if isLost { isSound = false }
        let message = field("M") ?? String(cString: PQresultErrorMessage(result))
        return PostgresFailure(sqlState: field("C"), message: address.redacted(message), isConnectionLost: isLost)
    }

    private func lost() -> PostgresFailure {
        isSound = false
        let message = address.redacted(String(cString: PQerrorMessage(handle)))
        return PostgresFailure(
            message: message.isEmpty ? "The connection is lost." : message, isConnectionLost: true)
    }
}

/// A value on its way to the server, in PostgreSQL's binary format, so that no message about an unreadable value quotes it.
private struct Parameter {
    /// The type's number in the server's catalogue, which is the same in every server.
    let type: Oid

    /// `nil` for `NULL`.
    let bytes: [UInt8]?

    init(_ value: SQLText.Value) {
        switch value {
        case .number(let number):
            type = 20
            bytes = number.map { withUnsafeBytes(of: $0.bigEndian, Array.init) }
        case .truth(let truth): (type, bytes) = (16, [truth ? 1 : 0])
        case .text(let text): (type, bytes) = (25, text.map { Array($0.utf8) })
        case .bytes(let data): (type, bytes) = (17, data.map(Array.init))
        case .id(let id): (type, bytes) = (2950, id.bytes)
        }
    }
}

extension PostgresConnection: SQLConnection {
    var dialect: Dialect { .postgres }

    @discardableResult
    func run(_ statement: SQLText) throws -> Int {
        try execute(statement).changes
    }

    func rows<Value>(
        _ query: SQLText, upTo limit: Int, _ read: (any SQLRow) throws -> Value?
    ) throws -> [Value] {
        var values: [Value] = []
        for row in try execute(query).rows where values.count < limit {
            if let value = try read(row) { values.append(value) }
        }
        return values
    }
}
