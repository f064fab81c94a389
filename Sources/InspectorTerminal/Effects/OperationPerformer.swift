import InspectorCore
import VisitorSessions

/// Does what a key asked for to one session.
struct OperationPerformer: Sendable {
    let services: InspectorServices

    private var manager: SessionManager { services.manager }

    func perform(_ operation: InspectorCore.Operation, _ work: Int) async -> Outcome {
        do {
            let (session, previous) = try await change(operation)
            return Outcome(operation, of: work, .success(session), previous: previous)
        } catch {
            return Outcome(operation, of: work, .failure(error))
        }
    }

    private func change(
        _ operation: InspectorCore.Operation
    ) async throws(SessionError) -> (session: VisitorSession, previous: OpenedSession?) {
        switch operation {
        case .generate: return (try await manager.generate(clientID: try clientID()), nil)
        case .renew(let id): return (try await manager.renew(id), nil)
        case .discard(let id): return (try await manager.discard(id), nil)
        case .restore(let id): return (try await manager.restore(id), nil)
        case .label(let id, let label, _): return (try await manager.label(id, label), nil)
        case .autoRenew(let id, let isOn): return (try await manager.setAutoRenew(isOn, of: id), nil)
        case .add(let tokens, let found):
            let clientID = if let found { found } else { try clientID() }
            return (try await manager.add(tokens, clientID: clientID), nil)
        case .set(let tokens, let clientID, let id, let expected):
            let done = try await manager.set(tokens, clientID: clientID, on: id, replacing: expected)
            return (done.session, done.previous)
        case .putBack(let before, let replaced):
            let done = try await manager.set(
                before.tokens, clientID: before.session.clientID, on: before.session.id, replacing: replaced)
            return (done.session, nil)
        }
    }

    private func clientID() throws(SessionError) -> String {
        guard let clientID = services.clientID else {
            throw SessionError(
                .configuration, "No client ID is configured. Start with --client-id ID, or set WIX_CLIENT_ID.")
        }
        return clientID
    }
}
