import Synchronization
public import VisitorSessions

/// An issuer that responds as scripted and records its requests.
///
/// Responses to `generate` and `renew` are used in order, each once. A request without one fails, and its
/// ``IssuerError/message`` says so.
public final class ScriptedIssuer: TokenIssuer {
    public enum Request: Hashable, Sendable {
        case generate(clientID: String)
        case renew(RefreshToken, clientID: String)
    }

    public enum Answer: Sendable {
        case tokens(IssuedTokens)
        case failure(IssuerError)

        /// Waits for ``ScriptedIssuer/release(_:)`` before responding. If the request's task is cancelled, it fails
        /// with ``IssuerError/mayHaveTakenEffect`` set.
        indirect case held(Answer)
    }

    private struct Script {
        var generations: [Answer] = []
        var renewals: [Answer] = []
        var requests: [Request] = []
    }

    private let script = Mutex(Script())
    private let asked = Threshold()
    private let gate = Gate()

    public init(name: String = "scripted") {
        self.name = name
    }

    public let name: String

    /// Adds responses to ``generate(clientID:)``.
    public func onGenerate(_ answers: Answer...) {
        script.withLock { $0.generations += answers }
    }

    /// Adds responses to ``renew(_:clientID:)``.
    public func onRenew(_ answers: Answer...) {
        script.withLock { $0.renewals += answers }
    }

    /// All requests, in order.
    public var requests: [Request] { script.withLock(\.requests) }

    /// How many scripted responses are unused.
    public var answersLeft: Int { script.withLock { $0.generations.count + $0.renewals.count } }

    /// Returns as soon as `count` requests have arrived, answered or not.
    public func waitForRequests(_ count: Int = 1) async {
        await asked.wait(untilAtLeast: count)
    }

    /// Releases `count` held responses, oldest first, or future ones if fewer are held.
    public func release(_ count: Int = 1) {
        gate.release(count)
    }

    public func generate(clientID: String, within limit: Duration) async throws(IssuerError) -> IssuedTokens {
        let answer = script.withLock { script in
            script.requests.append(.generate(clientID: clientID))
            return script.generations.isEmpty ? nil : script.generations.removeFirst()
        }
        asked.increment()
        return try await give(answer, to: "generate")
    }

    public func renew(
        _ refreshToken: RefreshToken, clientID: String, within limit: Duration
    ) async throws(IssuerError) -> IssuedTokens {
        let answer = script.withLock { script in
            script.requests.append(.renew(refreshToken, clientID: clientID))
            return script.renewals.isEmpty ? nil : script.renewals.removeFirst()
        }
        asked.increment()
        return try await give(answer, to: "renew")
    }

    private func give(_ answer: Answer?, to request: String) async throws(IssuerError) -> IssuedTokens {
        switch answer {
        case .tokens(let tokens): return tokens
        case .failure(let error): throw error
        case .held(let answer):
            guard await gate.pass() else {
                throw IssuerError(.transient, "The request was cancelled.", mayHaveTakenEffect: true)
            }
            return try await give(answer, to: request)
        case nil: throw IssuerError(.unknown, "The test has scripted no answer to \(request).")
        }
    }
}
