import VisitorSessions

extension Model {
    /// Starts operations, but none that is under way already.
    mutating func begin(_ operations: [Operation]) -> [Effect] {
        let new = operations.filter { operation in
            operation.sessionID == nil || !pending.contains { $0.isSame(as: operation) }
        }
        if new.isEmpty, let first = operations.first {
            say(.hint, "Still \(first.presentTense) that session.")
        }
        if !new.isEmpty { toast = nil }
        pending += new
        return new.map { .perform($0) }
    }

    mutating func finish(_ outcome: Outcome) -> [Effect] {
        if let place = pending.firstIndex(where: { $0.isSame(as: outcome.operation) }) { pending.remove(at: place) }
        switch outcome.result {
        case .failure(let error):
            let request = error.requestID.map { " (request \($0))" } ?? ""
            let remedy = remedy(for: error, of: outcome.operation)
            if let remedy { undoSteps.append(remedy) }
            say(.failure, error.message + request + (remedy == nil ? "" : " u tries it again."))
            return refresh()
        case .success(let session):
            let name = session.shortName
            var text = "\(outcome.operation.pastTense.capitalizedFirst) \(name)."
            switch outcome.operation {
            case .discard(let id):
                undoSteps.append(.restore(id))
                text += " u takes it back."
            case .set(let tokens, _, _):
                if let previous = outcome.previous, !previous.tokens.isEmpty {
                    undoSteps.append(.putBack(previous, replacing: tokens))
                    text += " u puts its old tokens back."
                }
            case .generate, .add, .restore:
                list.follow(session)
            case .renew, .putBack:
                break
            }
            say(.done, text)
            return refresh()
        }
    }
}

extension Model {
    /// What to keep for another try, where something would be lost otherwise: tokens, or a way back.
    private func remedy(for error: SessionError, of operation: Operation) -> Operation? {
        if let tokens = error.unstoredTokens {
            return operation.sessionID.map { .set(tokens, clientID: nil, on: $0) } ?? .add(tokens, clientID: nil)
        }
        guard [.store, .transient, .cancelled].contains(error.kind) else { return nil }
        switch operation {
        case .restore, .putBack, .set, .add: return operation
        case .generate, .renew, .discard: return nil
        }
    }
}

extension Operation {
    /// Whether it is the same thing done to the same session.
    fileprivate func isSame(as other: Operation) -> Bool {
        presentTense == other.presentTense && sessionID == other.sessionID
    }
}

extension VisitorSession {
    /// The first digits of its ID, with its label where it has one.
    var shortName: String {
        label.isEmpty ? id.prefix(6) : "\(id.prefix(6)) “\(DisplayWidth.fit(TextSanitizer.line(label), to: 24))”"
    }
}

extension String {
    var capitalizedFirst: String {
        prefix(1).uppercased() + dropFirst()
    }
}
