import CNcurses
package import Foundation
package import InspectorCore
import TerminalText
import VisitorSessions

/// The inspector's loop: take messages, update, draw once, and sleep until something happens.
///
/// It runs on the process's main thread and blocks it. Everything slow happens in tasks.
package struct InspectorLoop {
    /// How the inspector ended.
    package enum Ending: Equatable, Sendable {
        case quit
        /// A signal with this number ended it.
        case signaled(Int32)
    }

    private let services: InspectorServices
    private let environment: [String: String]
    private let now: @Sendable () -> Date

    /// - Parameter now: Returns the current time. `nil`: uses the issuer's clock.
    package init(
        services: InspectorServices, environment: [String: String] = ProcessInfo.processInfo.environment,
        now: (@Sendable () -> Date)? = nil
    ) {
        self.services = services
        self.environment = environment
        self.now = now ?? { [clock = services.manager.clock] in clock.now }
    }

    /// Throws if there is no terminal to draw on, before anything else is opened.
    package static func requireTerminal(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(TerminalError) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { throw .noTerminal }
        let name = environment["TERM"] ?? ""
        guard !name.isEmpty, name != "dumb" else { throw .unusable(name) }
    }

    /// Takes over the terminal, runs until the inspector ends, and restores the terminal.
    package func run(
        _ options: InspectorOptions, display: ScreenOptions = ScreenOptions(), remembered: RememberedView? = nil
    ) throws(TerminalError) -> Ending {
        try Self.requireTerminal(environment: environment)
        EditedFile.removeLeftovers(environment: environment)
        let wakeUp = try WakeUpPipe()
        let screen = try Screen(display, environment: environment)
        cn_watch_signals(wakeUp.writing)
        let mailbox = Mailbox(wakeUp)
        let runner = EffectRunner(
            services: services, mailbox: mailbox, environment: environment, now: now)
        let watching = runner.watch(isReadOnly: options.isReadOnly)
        defer {
            for task in watching { task.cancel() }
            // The terminal is restored first, in case a signal ends the process during the rest.
            screen.close()
            cn_unwatch_signals()
            if !runner.finish(within: .milliseconds(100)) {
                StandardError.write("session-inspector: waiting for running requests to finish…\n")
                _ = runner.finish(within: .seconds(10))
            }
        }
        var model = Model(options, remembered: remembered, size: screen.size, now: now())
        defer { services.remember(model.remembered) }
        return loop(&model, screen, mailbox, runner, wakeUp)
    }

    private func loop(
        _ model: inout Model, _ screen: Screen, _ mailbox: Mailbox, _ runner: EffectRunner, _ wakeUp: WakeUpPipe
    ) -> Ending {
        var decoder = KeyDecoder(escapeDelay: escapeDelay, declared: DeclaredKeys.ofTerminal())
        var lastInput = ContinuousClock.now
        var effects = model.start()
        while true {
            // Effects that run on this thread may immediately cause more effects.
            while !effects.isEmpty {
                var more: [Effect] = []
                for effect in effects {
                    switch effect {
                    case .quit: return .quit
                    case .redraw: screen.invalidate()
                    case .theme(let isLight): screen.useTheme(isLight: isLight)
                    case .bell: screen.soundBell()
                    case .suspend: screen.suspend()
                    case .mouse(let isOn): screen.takeMouse(isOn)
                    case .offer(let text): screen.offer(text)
                    case .edit(let text):
                        switch edit(text, screen, wakeUp) {
                        case .success(let message): more += update(&model, message)
                        case .failure(let signal): return .signaled(signal.number)
                        }
                        more += update(&model, .resized(screen.size))
                    default: runner.run(effect)
                    }
                }
                effects = more
            }
            effects = update(&model, .time(now()))
            screen.draw(InspectorView.frame(model), title: InspectorView.title(model))

            let quiet = decoder.timeout.map { ContinuousClock.now.duration(to: lastInput + $0) }
            let tick = model.nextTick.map { Duration.seconds($0.timeIntervalSince(now())) }
            let pause = effects.isEmpty ? [quiet, tick].compactMap(\.self).min() : .zero
            guard let isReady = sleep(pause, wakeUp) else { return .signaled(SIGHUP) }
            for signal in wakeUp.drain() {
                switch signal {
                case SIGWINCH, SIGCONT:
                    screen.resize()
                    if signal == SIGCONT { screen.invalidate() }
                    effects += update(&model, .resized(screen.size))
                default:
                    return .signaled(signal)
                }
            }
            // Time first: the messages depend on it.
            effects += update(&model, .time(now()))
            let input = isReady ? screen.read() : []
            let instant = ContinuousClock.now
            let messages =
                input.isEmpty ? decoder.flush(after: lastInput.duration(to: instant)) : decoder.decode(input)
            if !input.isEmpty { lastInput = instant }
            for message in messages {
                if case .background(let isLight) = message { screen.adopt(isLight: isLight) }
                effects += update(&model, message)
            }
            // After the input, because the input refers to the screen as it was drawn.
            for message in mailbox.drain() { effects += update(&model, message) }
        }
    }

    /// How long an Esc waits for the rest of a sequence. `ESCDELAY` is in milliseconds, as in ncurses.
    private var escapeDelay: Duration {
        let configured = environment["ESCDELAY"].flatMap { Int($0) }.flatMap { (0...60_000).contains($0) ? $0 : nil }
        return .milliseconds(configured ?? 25)
    }

    /// A signal that ends the inspector.
    private struct Stop: Error {
        var number: Int32
    }

    private func edit(_ text: Secret, _ screen: Screen, _ wakeUp: WakeUpPipe) -> Result<Message, Stop> {
        screen.leave()
        defer { screen.resume() }
        let editor = ExternalEditor(environment: environment, wakeUp: wakeUp, errors: screen.originalStderr)
        do {
            switch try editor.edit(text) {
            case .edited(let text): return .success(.edited(text))
            case .signaled(let number): return .failure(Stop(number: number))
            }
        } catch {
            return .success(.failed(error.description))
        }
    }

    /// Waits for input, a wake-up or the end of `pause`. Returns whether there is input. `nil`: the terminal is gone.
    private func sleep(_ pause: Duration?, _ wakeUp: WakeUpPipe) -> Bool? {
        var sources = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeUp.reading, events: Int16(POLLIN), revents: 0),
        ]
        let left = pause.map { Int32(min(max($0 / .milliseconds(1), 0), 1e9).rounded(.up)) } ?? -1
        _ = poll(&sources, 2, left)
        guard sources[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) == 0 else { return nil }
        return sources[0].revents & Int16(POLLIN) != 0
    }
}
