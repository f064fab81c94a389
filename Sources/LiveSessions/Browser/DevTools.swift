import Foundation
import Synchronization
import WixHeadless

/// A connection to a browser's DevTools: commands with their responses, and events.
///
/// Messages are JSON, each ended by NUL (Chrome DevTools Protocol, `--remote-debugging-pipe`).
final class DevTools: Sendable {
    struct Event: Sendable {
        var method: String
        var parameters: JSONValue

        /// The session of a target, or `nil` for the browser itself.
        var session: String?
    }

    /// A command that failed: refused by the browser, or without a response because its target or the browser is gone.
    struct Failure: Error, Hashable {
        var message: String
    }

    private struct Pending {
        var session: String?
        var respond: @Sendable (Result<JSONValue, Failure>) -> Void
    }

    private struct State {
        var lastID = 0
        var pending: [Int: Pending] = [:]
        var isClosed = false
        var eventCount = 0
    }

    /// Ends when the connection closes.
    let events: AsyncStream<Event>
    private let socket: Int32
    private let state = Mutex(State())
    private let writing = Mutex(())

    /// - Parameter socket: Closed when the browser has closed its side, or after ``close()``.
    init(socket: Int32) {
        self.socket = socket
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        self.events = events
        let thread = Thread { [self] in
            read(continuation)
            fail { _ in true }
            continuation.finish()
        }
        thread.name = "DevTools"
        thread.start()
    }

    /// Sends a command and waits for its response.
    func send(
        _ method: String, _ parameters: JSONValue = [:], to session: String? = nil
    ) async throws(Failure) -> JSONValue {
        let result = await withCheckedContinuation { response in
            write(method, parameters, session) { response.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Sends a command at once. The task ends with its response.
    func sendNow(_ method: String, to session: String) -> Task<Void, Never> {
        let (responses, continuation) = AsyncStream.makeStream(of: Void.self)
        write(method, [:], session) { _ in continuation.finish() }
        return Task { for await _ in responses {} }
    }

    /// Sends a command whose response doesn't matter. Commands to a session are run in the order in which they are sent.
    func post(_ method: String, _ parameters: JSONValue = [:], to session: String? = nil) {
        write(method, parameters, session, nil)
    }

    /// How many events have arrived, handled or not. A response arrives after all events that preceded it.
    var eventCount: Int { state.withLock { $0.eventCount } }

    /// Closes the connection, which makes the browser exit.
    func close() {
        // Once the reader has closed this socket, its descriptor may belong to another one.
        state.withLock { if !$0.isClosed { _ = shutdown(socket, Int32(SHUT_RDWR)) } }
    }

    private func write(
        _ method: String, _ parameters: JSONValue, _ session: String?,
        _ respond: (@Sendable (Result<JSONValue, Failure>) -> Void)?
    ) {
        // One lock covers numbering and writing, because messages must not be interleaved.
        let isSent = writing.withLock { _ in
            let id = state.withLock { state -> Int? in
                guard !state.isClosed else { return nil }
                state.lastID += 1
                if let respond { state.pending[state.lastID] = Pending(session: session, respond: respond) }
                return state.lastID
            }
            guard let id else { return false }
            var members: [JSONValue.Member] = [
                .init(name: "id", value: .number(String(id))), .init(name: "method", value: .string(method)),
                .init(name: "params", value: parameters),
            ]
            if let session { members.append(.init(name: "sessionId", value: .string(session))) }
            // If it can't be written, the connection is closed, and the reader fails what is pending.
            write(DevToolsFraming.frame(.object(members)))
            return true
        }
        if !isSent { respond?(.failure(.gone)) }
    }

    private func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private func read(_ events: AsyncStream<Event>.Continuation) {
        var framing = DevToolsFraming()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Foundation.read(socket, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            for message in framing.feed(buffer[..<count]) { take(message, events) }
        }
        state.withLock { $0.isClosed = true }
        // Only after the last writer has finished.
        writing.withLock { _ in _ = Foundation.close(socket) }
    }

    private func take(_ message: JSONValue, _ events: AsyncStream<Event>.Continuation) {
        if let id = message["id"]?.int {
            guard let pending = state.withLock({ $0.pending.removeValue(forKey: id) }) else { return }
            let failure = message["error"].map { Failure(message: $0["message"]?.string ?? "refused") }
            pending.respond(failure.map { .failure($0) } ?? .success(message["result"] ?? [:]))
        } else if let method = message["method"]?.string {
            let parameters = message["params"] ?? [:]
            // The browser doesn't respond to commands of a session that has ended.
            if method == "Target.detachedFromTarget", let session = parameters["sessionId"]?.string {
                fail { $0 == session }
            }
            state.withLock { $0.eventCount += 1 }
            events.yield(Event(method: method, parameters: parameters, session: message["sessionId"]?.string))
        }
    }

    private func fail(_ isGone: (String?) -> Bool) {
        let failed = state.withLock { state in
            let failed = state.pending.filter { isGone($0.value.session) }
            for id in failed.keys { state.pending[id] = nil }
            return failed.values
        }
        for pending in failed { pending.respond(.failure(.gone)) }
    }
}

extension DevTools.Failure {
    static let gone = DevTools.Failure(message: "the tab or the browser was closed")
}

/// Splits a stream into messages that end with NUL.
struct DevToolsFraming {
    private var partial: [UInt8] = []

    /// Returns the messages that `bytes` complete, without those that aren't JSON.
    mutating func feed(_ bytes: ArraySlice<UInt8>) -> [JSONValue] {
        var messages: [JSONValue] = []
        var rest = bytes
        while let end = rest.firstIndex(of: 0) {
            partial += rest[..<end]
            if let message = try? JSONReader.read(partial) { messages.append(message) }
            partial.removeAll(keepingCapacity: partial.count < 1 << 20)
            rest = rest[(end + 1)...]
        }
        partial += rest
        return messages
    }

    static func frame(_ message: JSONValue) -> [UInt8] {
        Array(message.text.utf8) + [0]
    }
}
