package import Foundation
package import VisitorSessions
import WixHeadless

/// Records the sessions of a browser's tabs and workers: their API calls, cookies and local storage.
package actor BrowserRecorder {
    /// Browsers don't report changes to cookies, so they are read this often.
    private static let interval = Duration.milliseconds(400)

    /// How many calls may wait for the store. Beyond this number, new ones are dropped, except token requests.
    private static let limit = 4096

    /// Changes by other processes that a session's pages must get.
    private static let writtenBack: Set<JournalEntry.Event> = [.renewed, .set, .restored, .discarded]

    /// How long an application may take to store a visitor of its own.
    private static let learningTimeout = Duration.seconds(15)

    private enum Job {
        /// A token request was sent.
        case tokenRequest(Exchange)
        case call(BrowserTraffic.Call)
        /// A target is gone.
        case end(session: String)
        case readStorage
        case change(JournalEntry)
    }

    private let process: BrowserProcess
    private let devTools: DevTools
    private let requests: RequestWriter
    private let run: LiveRun
    private let store: any SessionBrowser
    private let name: String

    /// The label of new sessions and of sources. `nil`: the host of the page.
    private let label: String?
    private let start: String

    /// The development issuer that responds to the API's calls in place of Wix.
    private let localIssuer: String?
    private let visitor: Visitor?
    private let places: BrowserPlaces
    private let say: @Sendable (String) -> Void
    private let jobs: AsyncStream<Job>
    private let queue: AsyncStream<Job>.Continuation
    private var targets = BrowserTargets()
    private var traffic: BrowserTraffic
    private var hasStarted = false

    /// Ends when the first tab has confirmed that it reports calls.
    private var ready = Task {}

    /// The sources of requests, by the session of their tab or worker.
    private var sources: [String: LiveSource] = [:]

    /// Whether a read of the storage is queued.
    private var isReadQueued = false

    /// How many events were handled, and the waiters, each with the number of events that it waits for.
    private var takenEvents = 0
    private var waitingForEvents: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    /// How many token requests and other calls have ended and wait in the queue, and how many calls found it full.
    private var (queuedTokenCalls, queuedCalls, droppedCalls) = (0, 0, 0)

    /// How long to wait for the application's own visitor, which is then replaced. Nothing is recorded until then.
    private var learningUntil: ContinuousClock.Instant?

    /// Access tokens that calls were made with.
    private var known: Set<Secret> = []

    /// The access tokens of the application's own visitor, which was replaced: its late calls aren't recorded.
    private var ignored: Set<Secret> = []

    /// Starts a browser.
    ///
    /// - Parameters:
    ///   - store: The manager's store, whose changes are written back to the pages.
    ///   - url: The first page.
    ///   - visitor: The visitor of the first page. `nil`: a new one.
    ///   - localIssuer: The URL of the issuer that responds to the calls to www.wixapis.com. `nil`: Wix does.
    ///   - hosts: The hosts of the API, with the port unless it is the default one.
    ///   - label: The label of new sessions. `nil`: the host of the page.
    ///   - clientID: The client of requests that don't name one.
    ///   - say: Called with sentences for the person at the terminal.
    package init(
        _ manager: SessionManager, store: any SessionBrowser, browser: URL, arguments: [String],
        profile: BrowserProfile, environment: [String: String], url: String, visitor: Visitor? = nil,
        localIssuer: String? = nil,
        hosts: Set<String>, label: String?, clientID: String?,
        say: @escaping @Sendable (String) -> Void
    ) throws(BrowserError) {
        process = try BrowserProcess(browser, arguments: arguments, profile: profile, environment: environment)
        devTools = DevTools(socket: process.socket)
        requests = RequestWriter(store, source: LiveSource(.browser, label: label ?? url))
        run = LiveRun(manager: manager, requests: requests, label: label, clientID: clientID, say: say)
        traffic = BrowserTraffic(hosts: hosts)
        places = BrowserPlaces(devTools, run: run, store: store, origin: URLComponents(string: url)?.origin)
        (start, name, self.store, self.say) = (url, manager.name, store, say)
        (self.localIssuer, self.label, self.visitor) = (localIssuer, label, visitor)
        (jobs, queue) = AsyncStream.makeStream(of: Job.self)
    }

    /// Records until the browser has exited, because its last tab was closed or ``stop()`` was called, and its profile
    /// is removed.
    package func record() async throws(BrowserError) -> LiveRun.Summary {
        devTools.post(
            "Target.setAutoAttach", ["autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true])
        let working = Task {
            for await job in jobs { await handle(job) }
        }
        let writing = Task { [requests] in await requests.run() }
        let ticking = Task {
            while !Task.isCancelled {
                queueRead()
                try await Task.sleep(for: Self.interval)
            }
        }
        let following = Task { [queue, store, name, say] in
            do throws(StoreError) {
                for try await entry in store.events() where entry.draft.actor != name {
                    if Self.writtenBack.contains(entry.draft.event) { queue.yield(.change(entry)) }
                }
            } catch {
                say("Changes by other processes no longer reach the pages: \(error.message)")
            }
        }
        for await event in devTools.events {
            await take(event)
            takenEvents += 1
            resumeWaiting()
        }
        takenEvents = .max
        resumeWaiting()
        ticking.cancel()
        following.cancel()
        queue.finish()
        await working.value
        await run.finish()
        writing.cancel()
        await writing.value
        await requests.finish()
        if let problem = await process.end() { say(problem) }
        guard hasStarted else { throw .endedAtOnce(process.program) }
        var summary = await run.summary
        summary.dropped += await requests.dropped + droppedCalls
        if summary.problem == nil { summary.problem = await requests.problem }
        if droppedCalls > 0, summary.problem == nil { summary.problem = "The store can't keep up." }
        return summary
    }

    /// Closes the browser.
    package func stop() {
        devTools.post("Browser.close")
        devTools.close()
    }

    // MARK: Events

    private func take(_ event: DevTools.Event) async {
        switch event.method {
        case "Target.attachedToTarget": await attach(event.parameters)
        case "Target.detachedFromTarget":
            guard let session = event.parameters["sessionId"]?.string else { return }
            traffic.end(session)
            queue.yield(.end(session: session))
            await places.end(session)
            if targets.remove(session), targets.pages == 0 { stop() }
        case "Page.frameNavigated", "DOMStorage.domStorageItemAdded", "DOMStorage.domStorageItemUpdated",
            "DOMStorage.domStorageItemRemoved", "DOMStorage.domStorageItemsCleared":
            await places.note(event)
            queueRead()
        case "Page.loadEventFired": queueRead()
        case "Fetch.requestPaused":
            guard event.parameters["resourceType"] == "Document" else {
                return devTools.redirect(event, to: localIssuer)
            }
            Task { [ready] in await devTools.load(event, after: ready, pausesCalls: localIssuer != nil) }
        default:
            switch traffic.feed(event) {
            case nil: break
            case .sent(let exchange)?: queue.yield(.tokenRequest(exchange))
            case .ended(let call)?:
                if call.exchange.isTokenRequest {
                    queuedTokenCalls += 1
                } else if queuedCalls < Self.limit {
                    queuedCalls += 1
                } else {
                    droppedCalls += 1
                    return
                }
                queue.yield(.call(call))
            }
        }
    }

    private func queueRead() {
        guard !isReadQueued else { return }
        isReadQueued = true
        queue.yield(.readStorage)
    }

    private func attach(_ event: JSONValue) async {
        guard let session = event["sessionId"]?.string, let info = event["targetInfo"] else { return }
        guard targets.add(session, info) else {
            devTools.post("Runtime.runIfWaitingForDebugger", to: session)
            return devTools.post("Target.detachFromTarget", ["sessionId": .string(session)])
        }
        let isFirstPage = info["type"] == "page" && !hasStarted
        let ready = devTools.observe(session, pausesCalls: localIssuer != nil, pausesPages: isFirstPage)
        guard info["type"] == "page" else { return }
        await places.attach(session)
        guard isFirstPage else { return }
        hasStarted = true
        self.ready = ready
        Task { await navigate(session) }
    }

    private func navigate(_ tab: String) async {
        let scripts = await prepare(tab)
        let answer = try? await devTools.send("Page.navigate", ["url": .string(start)], to: tab)
        for script in scripts {
            devTools.post("Page.removeScriptToEvaluateOnNewDocument", ["identifier": .string(script)], to: tab)
        }
        // Restarts the timeout, so that the time that the page took to load doesn't count.
        if learningUntil != nil { learningUntil = .now + Self.learningTimeout }
        if let reason = answer?["errorText"]?.string { say("The page can't be loaded: \(reason).") }
    }

    // MARK: Being a visitor

    /// Puts the visitor's tokens where the application will look for them. Returns the IDs of scripts to remove.
    private func prepare(_ tab: String) async -> [String] {
        guard let visitor, let origin = URLComponents(string: start)?.origin else { return [] }
        let places: [BrowserPlace]
        if let place = visitor.place {
            let form = StoredText.sdk(percentEncoded: place.isCookie)
            guard let text = try? form.replacing(with: visitor.tokens, now: Date()) else { return [] }
            places = [BrowserPlace(location: place.location(in: origin), text: text.reveal())]
        } else {
            places = await self.places.remembered(of: origin, holding: visitor.tokens)
            if places.isEmpty { learningUntil = .now + Self.learningTimeout }
        }
        let (scripts, problems) = await self.places.prepare(places, in: tab)
        for problem in problems { say(problem) }
        return scripts
    }

    /// Replaces the application's own visitor, once it is stored.
    private func replaceVisitor() async {
        guard let visitor, let deadline = learningUntil, let origin = URLComponents(string: start)?.origin else {
            return
        }
        let found = await places.tokenPlaces(of: origin)
        guard !found.isEmpty else {
            guard deadline < .now else { return }
            learningUntil = nil
            return say(
                "No replaceable tokens were found on this page. Say where they are: --place cookie:NAME or local:KEY."
            )
        }
        learningUntil = nil
        ignored.formUnion(found.compactMap(BrowserPlaces.accessToken))
        for problem in await places.write(visitor.tokens, of: visitor.session, to: found, reloads: true) {
            say(problem)
        }
    }

    // MARK: Jobs

    private func handle(_ job: Job) async {
        switch job {
        case .readStorage:
            isReadQueued = false
            guard targets.pages > 0, isSettled else { return }
            if learningUntil == nil {
                await places.recordChanges { await self.canRecord() }
            } else {
                await replaceVisitor()
            }
        case .change(let entry): await writeBack(entry)
        case .tokenRequest(let exchange):
            if learningUntil == nil { await run.take(.sent(exchange)) }
        case .end(let session):
            if let source = sources.removeValue(forKey: session) { await requests.end(source) }
        case .call(var call):
            if call.exchange.isTokenRequest { queuedTokenCalls -= 1 } else { queuedCalls -= 1 }
            guard learningUntil == nil else {
                if let token = call.exchange.accessToken { ignored.insert(token) }
                return
            }
            if let token = call.exchange.accessToken, ignored.contains(token) { return }
            if call.exchange.isTokenRequest {
                call.exchange.responseBody = await devTools.body(of: call) ?? []
            } else if let token = call.exchange.accessToken, known.insert(token).inserted {
                // A refresh token that belongs to it may be stored in the browser.
                await places.recordChanges { await self.canRecord() }
            }
            call.exchange.source = source(of: call)
            await run.take(.ended(call.exchange))
        }
    }

    /// Whether no token request is in flight or queued. If one is, the storage may hold the tokens of a response that
    /// isn't recorded yet, and a renewal would look like another visitor.
    private var isSettled: Bool { queuedTokenCalls == 0 && !traffic.isRequestingTokens }

    /// Whether what was just read may be recorded: ``isSettled``, and not waiting for the application's own visitor.
    private func canRecord() async -> Bool {
        let count = devTools.eventCount
        if takenEvents < count {
            await withCheckedContinuation { waitingForEvents.append((count, $0)) }
        }
        return isSettled && learningUntil == nil
    }

    private func resumeWaiting() {
        for waiting in waitingForEvents where waiting.count <= takenEvents { waiting.continuation.resume() }
        waitingForEvents.removeAll { $0.count <= takenEvents }
    }

    /// Applies to the pages what another process did to a session.
    private func writeBack(_ entry: JournalEntry) async {
        let (session, event) = (entry.session, entry.draft.event)
        // Otherwise, an import would cause a read of the whole storage for each session.
        guard await run.hasUsed(session) else { return }
        do throws(StoreError) {
            let tokens = event == .discarded ? nil : try await store.opened(session)?.tokens
            let problems =
                switch (event, tokens) {
                case (.discarded, _): await places.delete(session)
                case (.restored, let tokens?): await places.restore(tokens, of: session)
                case (_, let tokens?): await places.write(tokens, of: session, reloads: event == .set)
                default: [String]()
                }
            for problem in problems { say(problem) }
        } catch {
            say("A change to session \(session.prefix(8)) may not reach its pages: \(error.message)")
        }
    }

    /// The tab's or worker's source, named by the host of the page that made the first call.
    private func source(of call: BrowserTraffic.Call) -> LiveSource {
        if let source = sources[call.session] { return source }
        let source = LiveSource(.browser, label: label ?? call.exchange.label ?? start)
        sources[call.session] = source
        return source
    }
}
