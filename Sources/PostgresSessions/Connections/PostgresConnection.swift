import CPostgres
import Foundation
import SessionSQL
import VisitorSessions

/// One connection to a server. Used on one queue at a time, except for ``cancel()``.
///
/// Leaves no state on the server beyond a transaction, so that a pooler in transaction mode works: statements are
/// unnamed, and settings are local to their transaction.
final class PostgresConnection: @unchecked Sendable {
    private let handle: OpaquePointer
    private let cancelling: OpaquePointer?
    private let address: PostgresAddress
    private let timeouts: PostgresTimeouts

    private(set) var isUsable = true

    /// Connects. Blocks.
    ///
    /// - Parameter first: The index of the first server to try.
    init(_ address: PostgresAddress, from first: Int = 0, timeouts: PostgresTimeouts) throws(PostgresFailure) {
        // The URI overrides the settings before it.
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
            throw PostgresFailure(message: "Not enough memory for a connection.", isConnectionLost: true)
        }
        handle = started
        self.address = address
        self.timeouts = timeouts
        cpostgres_silence_notices(started)
        // Verbose errors include the SQLSTATE, which a failed connection reports in no other way.
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

    /// The backend's process ID. A pooler makes one up.
    var backendID: Int32 { PQbackendPID(handle) }

    /// Whether the connection is encrypted, or a local socket.
    var isEncrypted: Bool {
        var peer = sockaddr()
        var length = socklen_t(MemoryLayout<sockaddr>.size)
        let isKnown = getpeername(PQsocket(handle), &peer, &length) == 0
        return PQsslInUse(handle) != 0 || isKnown && peer.sa_family == sa_family_t(AF_UNIX)
    }

    /// Asks the server to cancel the running statement. Blocks until the server receives the request.
    func cancel() {
        guard let cancelling else { return }
        var reason = [CChar](repeating: 0, count: 256)
        PQcancel(cancelling, &reason, Int32(reason.count))
    }

    /// Marks it unusable, because its state is unknown.
    func invalidate() {
        isUsable = false
    }

    /// Runs one statement. Throws the server's error, after which a transaction can only be rolled back.
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
        guard isSent == 1 else { throw connectionLost() }
        return try result()
    }

    /// Replaces question marks with `$1`, `$2`, …
    private static func numbered(_ text: String) -> String {
        var numbered = ""
        numbered.reserveCapacity(text.utf8.count + 64)
        for (number, piece) in text.split(separator: "?", omittingEmptySubsequences: false).enumerated() {
            if number > 0 { numbered += "$\(number)" }
            numbered += piece
        }
        return numbered
    }

    /// Runs trusted statements without values or results.
    func execute(script: String) throws(PostgresFailure) {
        guard PQsendQuery(handle, script) == 1 else { throw connectionLost() }
        _ = try result()
    }

    // MARK: Notifications

    /// Waits until the server sends something, `descriptor` is readable, or `pause` has passed. Returns the payloads of
    /// received notifications.
    func notifications(orReadable descriptor: Int32, atMost pause: Duration) throws(PostgresFailure) -> [String] {
        var descriptors = [
            pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        // Some may have arrived with a response and won't show on the socket.
        let early = pendingNotifications()
        guard early.isEmpty else { return early }
        poll(&descriptors, 2, Int32(pause / .milliseconds(1)))
        guard PQconsumeInput(handle) == 1 else { throw connectionLost() }
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
                    message: "The server didn't respond in time.", isConnectionLost: true, isTimeout: true)
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
        // The SQLSTATE is preceded by two spaces, unlike other parts of the message.
        let code = message.firstMatch(of: #/:  ([0-9A-Z]{5}): /#).map { String($0.output.1) }
        // libpq reports a missing password without a SQLSTATE.
        let isLackingPassword = code == nil && PQconnectionNeedsPassword(handle) != 0
        return PostgresFailure(
            sqlState: isLackingPassword ? "28P01" : PostgresFailure.sqlState(code, saying: message), message: message,
            isConnectionLost: true)
    }

    /// The index of the server that didn't respond.
    private static func place(of handle: OpaquePointer, in address: PostgresAddress, from first: Int) -> Int? {
        guard let host = PQhost(handle), let port = PQport(handle) else { return nil }
        let server = (String(cString: host), String(cString: port))
        return address.hosts.indices.dropFirst(first).first {
            address.hosts[$0].host == server.0 && address.hosts[$0].port == server.1
        }
    }

    /// The last result, or the first failure.
    private func result() throws(PostgresFailure) -> PostgresResult {
        let deadline = ContinuousClock.now + timeouts.statement + .seconds(1)
        var last: PostgresResult?
        var failure: PostgresFailure?
        while true {
            try receive(until: deadline)
            guard let result = PQgetResult(handle) else { break }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: last = PostgresResult(result)
            default:
                failure = failure ?? self.failure(result)
                PQclear(result)
            }
        }
        if PQstatus(handle) == CONNECTION_BAD { isUsable = false }
        if let failure { throw failure }
        guard let last else { throw connectionLost() }
        return last
    }

    /// Waits until the next result is available, or there are no more.
    private func receive(until deadline: ContinuousClock.Instant) throws(PostgresFailure) {
        while true {
            let unsent = PQflush(handle)
            guard unsent >= 0 else { throw connectionLost() }
            if unsent == 0, PQisBusy(handle) == 0 { return }
            let events = Int16(unsent > 0 ? POLLIN | POLLOUT : POLLIN)
            guard Self.wait(for: events, PQsocket(handle), until: deadline) else {
                isUsable = false
                // The server may still be running it. Cancelled on another thread, because a silent server may never
                // receive the request.
                Thread.detachNewThread { [self] in cancel() }
                throw PostgresFailure(
                    message: "The server didn't respond in time.", isConnectionLost: true, isTimeout: true)
            }
            // If this fails, the next result has the reason.
            if PQconsumeInput(handle) == 0, PQisBusy(handle) != 0 { throw connectionLost() }
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
        if isLost { isUsable = false }
        let message = field("M") ?? String(cString: PQresultErrorMessage(result))
        return PostgresFailure(sqlState: field("C"), message: address.redacted(message), isConnectionLost: isLost)
    }

    private func connectionLost() -> PostgresFailure {
        isUsable = false
        let message = address.redacted(String(cString: PQerrorMessage(handle)))
        return PostgresFailure(
            message: message.isEmpty ? "The connection was lost." : message, isConnectionLost: true)
    }
}

/// A parameter in PostgreSQL's binary format, so that no error about an invalid value quotes it.
private struct Parameter {
    /// The type's OID, the same on all servers.
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
