import VisitorSessions

/// The one place where the model changes. Pure: what has to happen outside is returned.
public func update(_ model: inout Model, _ message: Message) -> [Effect] {
    let effects = react(to: message, &model)
    model.noteCutRange()
    return effects
}

private func react(to message: Message, _ model: inout Model) -> [Effect] {
    switch message {
    case .key(let key): return model.press(key)
    case .paste(let text): return model.paste(text)
    case .mouse(let event): return model.point(event)
    case .resized(let size):
        model.size = size
        model.list.keepSelectionVisible(height: model.layout.listHeight)
        return model.reload()
    case .time(let now): return model.pass(to: now)

    case .storeChanged:
        model.list.place.doubt()
        return model.frozenAt == nil ? model.refresh() : []
    case .storeFailed(let error): return model.loseStore(error)
    case .loaded(let loaded):
        model.storeAnswers()
        return model.list.take(loaded, height: model.layout.listHeight, at: model.now) + model.followSelection()
            + model.list.countPlace(at: model.now)
    case .counted(let census, let instant):
        model.storeAnswers()
        model.census = census
        if SessionFilter(model.list.filterText) == SessionFilter() { model.list.place.set(total: census.total) }
        model.timeline = Timeline(start: instant, census.expiries)
        model.counting.end(at: model.now)
        return model.countWhenDue()
    case .ranked(let rank, let request):
        model.list.take(rank, answering: request, at: model.now)
        return []
    case .opened(let details):
        model.show(details)
        return []
    case .happened(let entry):
        model.note(entry)
        return []
    case .scheduled(let report):
        model.note(report)
        return []

    case .read(let result, let serial): return model.understand(result, serial: serial)
    case .held(let sessions, let isNow): return model.showHolder(among: sessions, isNow: isNow)
    case .finished(let outcome): return model.finish(outcome)
    case .requestsFinished: return model.suspendNow()
    case .copied(let copied): return model.report(copied)
    case .revealed(let id, let tokens):
        model.show(tokens, of: id)
        return []
    case .issuerAnswers:
        model.issuerAnswers()
        return []
    case .answered(let notice, let session):
        model.show(notice, about: session)
        return []
    case .failed(let sentence):
        model.say(.failure, sentence)
        return []
    case .edited(let text): return model.takeEdited(text)
    }
}
