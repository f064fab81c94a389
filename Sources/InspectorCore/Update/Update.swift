package import Foundation
import VisitorSessions

/// Applies a message to the model, and returns the effects to run. A pure function.
package func update(_ model: inout Model, _ message: Message) -> [Effect] {
    let height = model.layout.listHeight
    let effects = model.handle(message)
    if model.layout.listHeight != height { model.list.keepSelectionVisible(height: model.layout.listHeight) }
    model.reportCutRange()
    return effects
}

extension Model {
    /// The effects to run before the first message.
    package mutating func start() -> [Effect] {
        if !options.warnings.isEmpty { showToast(.failure, options.warnings.joined(separator: " ")) }
        return list.load(.first, height: layout.listHeight) + overview.count(at: now) + [.mouse(takesMouse)]
            + panes.refresh()
    }

    fileprivate mutating func handle(_ message: Message) -> [Effect] {
        switch message {
        case .key(let key): return press(key)
        case .paste(let text): return paste(text)
        case .mouse(let event): return handle(event)
        case .resized(let size):
            self.size = size
            list.keepSelectionVisible(height: layout.listHeight)
            return reload()
        case .background: break
        case .time(let now): return advance(to: now)

        case .storeChanged:
            list.window.invalidate()
            return frozenAt == nil ? refresh() : []
        case .storeFailed(let error):
            status.storeFailed(error, at: now)
            list.cancelLoading()
            overview.cancel()
        case .loaded(let loaded):
            status.storeResponded(at: now)
            status.log.learnLabels(of: loaded.rows)
            return list.apply(loaded, height: layout.listHeight, at: now) + panes.follow(list.selected)
                + list.countWhenDue(at: now)
        case .pages(let pages, let session): return openBrowser(session, at: pages)
        case .clientIDSaved:
            hasSavedClientID = true
            showToast(.done, InspectorTexts.clientIDSaved(options.clientIDProfile ?? ""))
        case .applications(let sessions, let target): return substitute(target, in: sessions)
        case .counted(let counts, _):
            status.storeResponded(at: now)
            if SessionFilter(list.filterText) == SessionFilter() { list.window.set(total: counts.total) }
            let effects = overview.apply(counts, at: now)
            _ = overview.advance(to: displayTime)
            return effects
        case .ranked(let rank, let request): list.apply(rank, answering: request, at: now)
        case .opened(let details):
            showClaims(of: details)
            panes.show(details)
        case .journaled(let entry):
            status.log.add(EventLog.Line(entry))
            status.score.count(entry.draft.event)
            // Only loaded sessions: an import writes thousands of entries a second.
            if let session = list.rows.first(where: { $0.id == entry.session }) { status.log.learnLabel(of: session) }
            if entry.draft.event == .renewed {
                jobs.noteRenewal(of: entry.session)
                if let change = entry.visitorChange { reportVisitorChange(change, of: entry.session) }
            }
            if entry.draft.event == .lost {
                let name = list.rows.first { $0.id == entry.session }?.shortName ?? entry.session.prefix(6)
                showToast(.failure, InspectorTexts.visitorLost(name, entry.draft.outcome), isLogged: false)
            }
            if [.generated, .renewed].contains(entry.draft.event) { status.issuerResponded(at: now) }
            // Only states that the issuer decides; they have the same name as the event. States that depend on time
            // alone are predicted.
            return bell(
                for: Set<SessionState>([.refused, .unresolved]).filter { $0.rawValue == entry.draft.event.rawValue })
        case .schedulerReported(let report): handle(report)
        case .read(let result, let serial):
            return popups.top?.showReading(result, serial: serial).map { apply($0) } ?? []
        case .held(let sessions, let isNow): return popups.isEmpty ? showHolder(among: sessions, isNow: isNow) : []
        case .finished(let outcome): return finish(outcome)
        case .paged(let job, let result): return continueJob(job, result)
        case .requestsFinished: return jobs.suspendNow()
        case .lastChange(let change): return confirmUndo(change)
        case .copied(let copied):
            let hasFailed = if case .failed = copied.delivery { true } else { false }
            let holdsAccessToken = copied.form.key != nil && copied.form != .refreshToken
            let isExpired = holdsAccessToken && copied.sessions.contains { state(of: $0) == .expired }
            let note = isExpired && !hasFailed ? " \(InspectorTexts.expired(renew: key(.renew)))" : ""
            showToast(hasFailed ? .failure : .done, InspectorTexts.copied(copied) + note)
            if case .terminal(let text) = copied.delivery { return [.offer(text)] }
        case .revealed(let id, let tokens): panes.show(tokens, of: id, at: now)
        case .issuerResponded: status.issuerResponded(at: now)
        case .answered(let notice, let session): show(notice, about: session)
        case .failed(let sentence): showToast(.failure, sentence)
        case .pairWritten(let pair): return edit(pair)
        case .edited(let text): return takeEdited(text)
        }
        return []
    }

    mutating func reload() -> [Effect] { list.load(height: layout.listHeight) }

    /// Reads the list, the counts and the details again.
    mutating func refresh() -> [Effect] { reload() + overview.count(at: now) + panes.refresh() }

    /// Reports why the scheduler waits. Its renewals are in the journal.
    private mutating func handle(_ report: SchedulerReport) {
        switch report {
        case .issuerPaused(_, let reason): status.issuerFailed(reason, at: now)
        case .behind(let count): if count > 0 { showToast(.hint, InspectorTexts.behind(count)) }
        case .clockChanged(let seconds):
            status.log.add(.init(at: now, kind: .hint, text: InspectorTexts.clockChanged(Int(seconds))))
        case .idle, .renewing, .failed, .storeUnavailable, .resumed: break
        }
    }

    private mutating func reportVisitorChange(_ change: String, of id: SessionID) {
        let name = list.rows.first { $0.id == id }?.shortName ?? id.prefix(6)
        showToast(.failure, InspectorTexts.visitorChanged(name, change), isLogged: false)
    }

    /// Shows a response as a popup, unless the user is typing by now.
    private mutating func show(_ notice: Notice, about session: VisitorSession) {
        var notice = notice
        pendingQueries = max(pendingQueries - 1, 0)
        if notice.lines.contains(where: \.isFailure), state(of: session) == .expired {
            notice.lines.append(.init("hint", InspectorTexts.expired(renew: key(.renew))))
        }
        let text = notice.lines.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        let kind: EventLog.Line.Kind = notice.lines.contains(where: \.isFailure) ? .failure : .done
        status.log.add(.init(at: now, kind: kind, session: session.id, text: "\(notice.title): \(text)"))
        if popups.isEmpty, prompt == nil {
            popups.append(.notice(notice))
        } else {
            showToast(.hint, InspectorTexts.answerInLog(notice.title, log: key(.log)))
        }
    }

    fileprivate mutating func reportCutRange() {
        guard list.marks.isRangeCut else { return }
        list.marks.isRangeCut = false
        showToast(.failure, InspectorTexts.rangeCut(list.marks.count, range: key(.range)), isLogged: false)
    }

    // MARK: Time

    private mutating func advance(to instant: Date) -> [Effect] {
        let isNewSecond = instant.timeIntervalSince1970.rounded(.down) != now.timeIntervalSince1970.rounded(.down)
        // Predictions for a later time are useless after the clock is set back.
        let isSetBack = instant < now - .seconds(1)
        list.flashExpired(after: now, until: instant)
        now = instant
        let retriesStore = status.advance(to: now)
        _ = panes.hideTokens(at: now)
        list.expireFlashes(at: now)
        list.updateWait(at: now)
        if retriesStore { return refresh() }
        guard frozenAt == nil else { return [] }
        if isSetBack { return refresh() }
        let effects = list.countWhenDue(at: now) + overview.countWhenDue(at: now) + status.checkIssuer(at: now)
        let reached = overview.advance(to: now)
        let counting = isNewSecond ? overview.countAgain(at: now) : []
        let statesAreFiltered = (reached != nil || !counting.isEmpty) && !SessionFilter(list.filterText).states.isEmpty
        return effects + bell(for: reached ?? []) + counting + (statesAreFiltered ? reload() : [])
    }

    private func bell(for states: Set<SessionState>) -> [Effect] {
        states.isDisjoint(with: options.bell) ? [] : [.bell]
    }

    /// When time alone next changes the screen. `nil`: never.
    package var nextTick: Date? {
        let wait = list.waitDue.flatMap { $0 > now ? $0 : nil }
        return [nextChange, wait].compactMap(\.self).min()
    }

    private var nextChange: Date? {
        let second = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down) + 1)
        if status.toast != nil || panes.reveal != nil || !list.flashes.isEmpty { return second }
        guard frozenAt == nil else { return status.retryAt }
        if showsSeconds { return [second, list.countDue, overview.due].compactMap(\.self).min() }
        let minute = Date(timeIntervalSince1970: (now.timeIntervalSince1970 / 60).rounded(.down) * 60 + 60)
        // Among a million sessions, some change at any moment. Drawing once a second is enough.
        let change = [overview.counts.changes.first?.at, overview.counts.nextChange].compactMap(\.self).min()
        let times = [
            list.rows.isEmpty ? nil : minute, change.map { max($0, second) }, status.retryAt, list.countDue,
            overview.due, status.issuerCheckAt,
        ]
        return times.compactMap(\.self).min()
    }

    // MARK: The mouse

    /// A click does what the key for its target does. A double click on a session opens its details.
    private mutating func handle(_ event: MouseEvent) -> [Effect] {
        guard takesMouse, !layout.isTooSmall else { return [] }
        let target = HitRegions(self).target(at: event.position)
        switch event.kind {
        case .wheelUp: return scroll(by: -3, over: target)
        case .wheelDown: return scroll(by: 3, over: target)
        case .press: break
        }
        let isSecond =
            lastPress.map { $0.position.row == event.position.row && now < $0.at + .milliseconds(400) } ?? false
        lastPress = isSecond ? nil : (event.position, now)
        switch target {
        case .session(let id)?:
            panes.focus = .list
            if isSecond, list.selected?.id == id { return panes.toggleDetails(of: list.selected) }
            list.select(id, height: layout.listHeight)
            return panes.follow(list.selected)
        case .sort(let key)?:
            list.sort(by: key)
            return reportSort()
        case .key(let key)?: return press(key)
        case .pane(let pane)?:
            panes.show(pane)
            return panes.follow(list.selected)
        case .fold(let node)?:
            panes.toggleFold(of: node)
            return []
        case .choice(let index)?: return choose(index)
        case .popup?, nil: return []
        }
    }

    private mutating func scroll(by lines: Int, over target: HitTarget?) -> [Effect] {
        let focus = panes.focus
        defer { panes.focus = focus }
        switch target {
        case .session?, .sort?: panes.focus = .list
        case .pane(let pane)?: panes.focus = pane
        case .fold?: panes.focus = .details
        default: break
        }
        return move(.lines(lines))
    }
}
