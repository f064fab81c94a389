import Foundation
import Testing

@testable import VisitorSessions

@Suite("The circuit breaker and the issuer gate")
struct CircuitTests {
    private func broken(at instant: Duration = .zero) -> Circuit {
        var circuit = Circuit(policy: SessionPolicy())
        for _ in 0..<SessionPolicy().circuitFailureThreshold { circuit.failed(at: instant) }
        return circuit
    }

    @Test("It opens after consecutive failures; a response resets the count")
    func opens() {
        var circuit = Circuit(policy: SessionPolicy())
        for _ in 0..<4 { circuit.failed(at: .zero) }
        #expect(circuit.admit(at: .zero) == nil)
        circuit.answered()
        for _ in 0..<4 { circuit.failed(at: .zero) }
        #expect(circuit.admit(at: .zero) == nil)
        circuit.failed(at: .zero)
        #expect(circuit.admit(at: .seconds(4)) == .seconds(5))
    }

    @Test("After its pause it admits one probe at a time")
    func probes() {
        var circuit = broken()
        #expect(circuit.admit(at: .seconds(5)) == nil)
        #expect(circuit.admit(at: .seconds(6)) != nil)
        circuit.answered()
        #expect(circuit.state == .closed && circuit.admit(at: .seconds(6)) == nil)
    }

    @Test("Each failed probe doubles the pause, up to a limit")
    func grows() {
        var circuit = broken()
        var now = Duration.seconds(5)
        var pauses: [Duration] = []
        for _ in 0..<8 {
            #expect(circuit.admit(at: now) == nil)
            circuit.failed(at: now)
            let next = circuit.admit(at: now) ?? .zero
            pauses.append(next - now)
            now = next
        }
        #expect(pauses == [10, 20, 40, 80, 120, 120, 120, 120].map { .seconds($0) })
    }

    @Test("Requests in flight when it opened don't extend its first pause")
    func together() {
        var circuit = broken()
        for _ in 0..<30 { circuit.failed(at: .seconds(1)) }
        #expect(circuit.admit(at: .seconds(2)) == .seconds(5))
    }

    @Test("A cancelled probe admits another one")
    func cancelProbe() {
        var circuit = broken()
        #expect(circuit.admit(at: .seconds(5)) == nil)
        circuit.cancelProbe(at: .seconds(5))
        #expect(circuit.admit(at: .seconds(5)) == nil)
        // A probe whose sender died doesn't block the next one forever.
        #expect(circuit.admit(at: .seconds(34)) != nil)
        #expect(circuit.admit(at: .seconds(35)) == nil)
    }

    @Test("Retry-After pauses only that client and doesn't open the circuit")
    func pauses() {
        var gate = IssuerGate(policy: SessionPolicy())
        for _ in 0..<10 {
            gate.failed(
                IssuerError(.transient, "Too many.", status: 429), for: "one", at: .zero, retryAfter: .seconds(30))
        }
        #expect(gate.admit("one", at: .seconds(29))?.until == .seconds(30))
        #expect(gate.admit("two", at: .seconds(29)) == nil)
        #expect(gate.admit("one", at: .seconds(30)) == nil)
    }

    @Test("Refusals don't open the circuit; only missing responses and server errors do")
    func alive() {
        for kind in [IssuerError.Kind.refused, .configuration, .unknown] {
            var gate = IssuerGate(policy: SessionPolicy())
            for _ in 0..<20 { gate.failed(IssuerError(kind, "No."), for: "one", at: .zero, retryAfter: nil) }
            #expect(gate.admit("one", at: .zero) == nil)
        }
    }
}
