import Foundation
import TerminalText
import VisitorSessions

/// Keys for changing, marking, copying and querying sessions.
extension Keymap {
    static let sessions = [
        KeyBinding(
            .generate, ["g"], "generate", "generate sessions (new visitors)", bar: 2, changesSessions: true
        ) { $0.openForm(.generate) },
        KeyBinding(
            .renew, ["r"], "renew", "renew the marked or selected sessions", bar: 2, pane: 4,
            changesSessions: true, unless: \.reasonNotInUse
        ) { $0.renew() },
        KeyBinding(
            .set, ["s"], "set", "set the selected session's tokens", bar: 3, pane: 7,
            changesSessions: true, unless: { $0.reasonNoSelection ?? $0.reasonSelectionNotInUse }
        ) { $0.openTokenEditor(for: $0.list.selected) },
        KeyBinding(
            .setNew, ["S"], "set new", "set tokens as a new session", changesSessions: true
        ) { $0.openTokenEditor(for: nil) },
        KeyBinding(
            .discard, ["d"], "discard", "discard the marked or selected sessions", bar: 3,
            changesSessions: true, unless: \.reasonNotInUse
        ) { $0.confirmDiscard() },
        KeyBinding(
            .restore, ["D"], "restore", "restore the marked or selected discarded sessions", bar: 3,
            changesSessions: true, unless: \.reasonNotDiscarded
        ) {
            $0.beginOrConfirm(
                "restore", "restored", warning: InspectorTexts.restoreCost, where: { $0.discardedAt != nil }
            ) {
                .restore($0.id)
            }
        },
        KeyBinding(
            .undo, ["u"], "undo", "undo the last change to a session", bar: 4, changesSessions: true
        ) { $0.undo() },
        KeyBinding(
            .redo, [.control("r")], "redo", "redo what was undone", changesSessions: true,
            unless: { $0.jobs.redoSteps.isEmpty ? InspectorTexts.nothingToRedo : nil }
        ) { $0.redo() },
        KeyBinding(
            .label, ["e"], "label", "edit the label of the selected session", bar: 5, pane: 7, changesSessions: true,
            unless: \.reasonUnreadable
        ) { $0.openLabelEditor() },
        KeyBinding(
            .autoRenew, ["a"], "auto", "toggle automatic renewal", changesSessions: true,
            unless: { $0.reasonNotInUse ?? $0.reasonNeverRenewed }
        ) { $0.switchAutoRenew() },
    ]

    static let marking = [
        KeyBinding(
            .mark, [" "], "mark", "mark or unmark, and move down", in: [.list], bar: 7, unless: \.reasonNoSelection
        ) {
            $0.list.toggleMark()
            return $0.move(.lines(1))
        },
        KeyBinding(
            .range, ["v"], "range", "start or end a range of marks", in: [.list], unless: \.reasonNoSelection
        ) { $0.toggleRange() },
        KeyBinding(
            .markAll, ["*"], "mark all", "mark all that match the filter", in: [.list], unless: \.reasonNoSelection
        ) {
            $0.list.markAll()
            return []
        },
        KeyBinding(
            .clearMarks, ["U"], "unmark", "clear the marks",
            unless: { $0.list.marks.isEmpty ? InspectorTexts.nothingMarked : nil }
        ) {
            $0.list.marks.clear()
            return []
        },
    ]

    static let applications = [
        KeyBinding(
            .substitute, ["W"], "substitute", "make an application use this session; press again to stop",
            changesSessions: true, unless: { $0.reasonNoSelection ?? $0.reasonSelectionNotInUse }
        ) { $0.toggleSubstitution() },
        KeyBinding(
            .openBrowser, ["b"], "browser", "open a browser as the selected session's visitor", changesSessions: true,
            unless: { $0.reasonNoSelection ?? $0.reasonSelectionNotInUse }
        ) { model in model.list.selected.map { [.findPages(for: $0)] } ?? [] },
    ]

    static let tokens = [
        KeyBinding(
            .copy, ["y"], "copy", "copy a token, header, JSON, cookie, curl command or claim", bar: 3, pane: 3,
            unless: \.reasonNotCopied
        ) { model in
            let targets = model.list.targets
            let canRenew = !model.isReadOnly && targets.contains { model.state(of: $0) == .expired }
            return model.show(
                .copy(CopyMenu(targets, renewed: canRenew ? model.lastCopyForm ?? .accessToken : nil)))
        }.withText { $0.copy($1) },
        KeyBinding(
            .copyAgain, ["Y"], "copy again", "copy again in the last format",
            unless: {
                $0.reasonNotCopied
                    ?? ($0.lastCopyForm == nil ? InspectorTexts.nothingCopied(copy: $0.key(.copy)) : nil)
            }
        ) { model in model.lastCopyForm.map { [.copy($0, model.list.targets)] } ?? [] },
        KeyBinding(
            .reveal, ["x"], "reveal", "reveal the tokens for ten seconds", pane: 5, unless: \.reasonUnreadable
        ) { $0.panes.toggleReveal(of: $0.list.selected) },
        KeyBinding(
            .tokenInfo, ["i"], "info", "ask the issuer about the access token",
            unless: \.reasonUnreadable
        ) { $0.query { .requestTokenInfo($0) } },
        KeyBinding(.probe, ["p"], "probe", "send the configured probe request", unless: \.reasonUnreadable) {
            $0.probe()
        },
    ]
}

extension VisitorSession {
    /// Whether automatic renewal could ever renew it.
    fileprivate func canBeRenewed(at now: Date, policy: SessionPolicy) -> Bool {
        refreshExpiry != .absent && state(at: now, policy: policy) != .refused
    }
}

extension Model {
    // MARK: Disabled reasons

    var reasonNoSelection: String? {
        if list.awaitsRows { return status.storeProblem ?? InspectorTexts.stillSearching }
        guard list.selected == nil else { return nil }
        return list.filterText.isEmpty
            ? InspectorTexts.noSession(generate: key(.generate)) : InspectorTexts.noMatch(back: key(.back))
    }

    fileprivate var reasonNoTarget: String? { list.marks.isEmpty ? reasonNoSelection : nil }

    /// The disabled reason if no target is in use. Marked sessions that aren't in use are skipped.
    fileprivate var reasonNotInUse: String? {
        if let reason = reasonNoTarget { return reason }
        guard !list.marks.isEmpty else { return reasonSelectionNotInUse }
        return list.targets.contains(where: \.isInUse) ? nil : InspectorTexts.allDiscarded(restore: key(.restore))
    }

    var reasonSelectionNotInUse: String? {
        guard let session = list.selected, session.damage == nil else { return reasonDamaged }
        return session.discardedAt.map { _ in InspectorTexts.discarded(restore: key(.restore)) }
    }

    fileprivate var reasonNotCopied: String? {
        if list.marks.matching != nil { return InspectorTexts.copyFew(unmark: key(.clearMarks)) }
        return reasonNoTarget ?? (list.marks.isEmpty ? reasonDamaged : nil)
    }

    fileprivate var reasonUnreadable: String? { reasonNoSelection ?? reasonDamaged }

    fileprivate var reasonDamaged: String? { list.selected?.damage.map(InspectorTexts.damaged) }

    fileprivate var reasonNotDiscarded: String? {
        if let reason = reasonNoTarget { return reason }
        return list.targets.contains { $0.discardedAt != nil } ? nil : InspectorTexts.notDiscarded
    }

    /// The disabled reason if the scheduler could never renew the selected or marked sessions.
    fileprivate var reasonNeverRenewed: String? {
        guard list.marks.isEmpty else {
            let targets = list.targets.filter(\.isInUse)
            let none = targets.allSatisfy { !$0.autoRenew && !$0.canBeRenewed(at: now, policy: policy) }
            return list.marks.matching == nil && none ? InspectorTexts.noneRenewable : nil
        }
        guard let session = list.selected, !session.autoRenew else { return nil }
        if session.refreshExpiry == .absent { return InspectorTexts.noRefreshToken }
        return state(of: session) == .refused ? InspectorTexts.refreshTokenExpired : nil
    }

    // MARK: Handlers

    /// Starts an action on the targets. Asks first if there are several, or if one isn't loaded.
    fileprivate mutating func beginOrConfirm(
        _ verb: String, _ participle: String, warning: String, alwaysConfirms: Bool = false,
        where applies: @escaping @Sendable (VisitorSession) -> Bool = { $0.isInUse },
        _ action: @escaping @Sendable (VisitorSession) -> SessionAction
    ) -> [Effect] {
        if let filter = list.marks.matching {
            let source = BulkSource(filter: SessionFilter(filter), startedAt: now) { applies($0) ? action($0) : nil }
            return show(
                .confirmation(
                    Confirmation(
                        verb: verb, sessions: list.rows.filter(applies),
                        warning: "\(warning) \(InspectorTexts.matchingCost(BulkJob.undoLimit))", actions: [],
                        source: source, count: list.window.total)))
        }
        let all = list.commandTargets()
        let sessions = all.filter(applies)
        let actions = sessions.map(action)
        guard alwaysConfirms || sessions.count > 1 || sessions.contains(where: { !list.isLoaded($0.id) }) else {
            return begin(actions)
        }
        let warning = warning + InspectorTexts.skippedNote(all.count - sessions.count, participle: participle)
        return show(.confirmation(Confirmation(verb: verb, sessions: sessions, warning: warning, actions: actions)))
    }

    /// Renews the targets. Asks before one session's tokens are sent to an issuer other than its own; several sessions'
    /// tokens never are.
    fileprivate mutating func renew() -> [Effect] {
        guard list.marks.isEmpty, let session = list.selected, let named = options.namedIssuer,
            let own = named.contradicted(by: session)
        else { return beginOrConfirm("renew", "renewed", warning: InspectorTexts.renewalCost) { .renew($0.id) } }
        return show(
            .confirmation(
                Confirmation(
                    verb: "renew", sessions: [session], warning: InspectorTexts.otherIssuer(own, named.name),
                    actions: [.renewFromNamedIssuer(session.id)])))
    }

    fileprivate mutating func confirmDiscard() -> [Effect] {
        let warning = InspectorTexts.discardCost(
            list.targets.count(where: \.isInUse), undo: key(.undo), restore: key(.restore),
            period: Times.inWords(policy.gracePeriod))
        let live = list.targets.filter(\.isInUse).compactMap { list.live[$0.id] }.filter(\.isLive)
        let use =
            if list.targets.count == 1, let only = live.first {
                "\(InspectorTexts.liveDiscardCost(only.source)) "
            } else {
                live.isEmpty ? "" : "\(InspectorTexts.liveDiscardCost(live.count)) "
            }
        return beginOrConfirm("discard", "discarded", warning: use + warning, alwaysConfirms: true) { .discard($0.id) }
    }

    /// Turns auto-renewal off if it is on for all targets, and on otherwise.
    fileprivate mutating func switchAutoRenew() -> [Effect] {
        let applies: @Sendable (VisitorSession) -> Bool = { [now, policy] in
            $0.isInUse && ($0.autoRenew || $0.canBeRenewed(at: now, policy: policy))
        }
        let isOn = !list.targets.filter(applies).allSatisfy(\.autoRenew)
        let warning = InspectorTexts.undoable(undo: key(.undo))
        return beginOrConfirm(
            isOn ? "turn on automatic renewal for" : "turn off automatic renewal for", "renewed automatically",
            warning: warning,
            where: applies
        ) {
            .autoRenew($0.id, isOn)
        }
    }

    fileprivate mutating func toggleRange() -> [Effect] {
        if list.marks.rangeStart == nil, let session = list.selected {
            list.marks.startRange(at: session)
            showToast(.hint, InspectorTexts.rangeStarted(range: key(.range), mark: key(.mark), back: key(.back)))
        } else {
            list.marks.endRange()
        }
        return []
    }

    /// Copies in the first format whose name contains `name`.
    fileprivate mutating func copy(_ name: String) -> [Effect] {
        guard let form = CopyFormat.all.first(where: { $0.name.localizedCaseInsensitiveContains(name) }) else {
            return hint(InspectorTexts.unknownForm(name, CopyFormat.all.map(\.name)))
        }
        lastCopyForm = form
        return [.copy(form, list.targets)]
    }

    /// Sends the probe request. If there are several, asks which one.
    fileprivate mutating func probe() -> [Effect] {
        guard options.probes.count > 1 else {
            return query { [name = options.probes.first] in .probe($0, named: name) }
        }
        return show(.view(ViewMenu(kind: .probes(options.probes))))
    }

    /// Queries the issuer about the selected session.
    mutating func query(_ effect: (VisitorSession) -> Effect) -> [Effect] {
        guard let session = list.selected else { return [] }
        pendingQueries += 1
        status.toast = nil
        return [effect(session)]
    }
}
