import Foundation
import Testing

@testable import VisitorSessions

@Suite("The circuit and the gate to the issuer")
struct CircuitTests {
    private func broken(at instant: Duration = .zero) -> Circuit {
        var circuit = Circuit(policy: SessionPolicy())
        for _ in 0..<SessionPolicy().circuitFailures { circuit.failed(at: instant) }
        return circuit
    }

    @Test("It opens after so many failures in a row, and an answer in between starts the count anew")
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

    @Test("After its pause one request goes to see, and no other until that is answered")
    func probes() {
        var circuit = broken()
        #expect(circuit.admit(at: .seconds(5)) == nil)
        #expect(circuit.admit(at: .seconds(6)) != nil)
        circuit.answered()
        #expect(circuit.state == .closed && circuit.admit(at: .seconds(6)) == nil)
    }

    @Test("Each failed look makes the next pause twice as long, to a limit")
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

    @Test("Requests that were under way when it opened make its first pause no longer")
    func together() {
        var circuit = broken()
        for _ in 0..<30 { circuit.failed(at: .seconds(1)) }
        #expect(circuit.admit(at: .seconds(2)) == .seconds(5))
    }

    @Test("A look that was not made after all leaves the way free for another")
    func cancelProbe() {
        var circuit = broken()
        #expect(circuit.admit(at: .seconds(5)) == nil)
        circuit.cancelProbe(at: .seconds(5))
        #expect(circuit.admit(at: .seconds(5)) == nil)
        // And one whose asker died does not block it for ever.
        #expect(circuit.admit(at: .seconds(34)) != nil)
        #expect(circuit.admit(at: .seconds(35)) == nil)
    }

    @Test("A pause that the issuer asks for holds for that client alone, and opens no circuit")
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

    @Test("An issuer that refuses is there: only silence and breakdowns open the circuit")
    func alive() {
        for kind in [IssuerError.Kind.refused, .configuration, .unknown] {
            var gate = IssuerGate(policy: SessionPolicy())
            for _ in 0..<20 { gate.failed(IssuerError(kind, "No."), for: "one", at: .zero, retryAfter: nil) }
            #expect(gate.admit("one", at: .zero) == nil)
        }
    }
}
