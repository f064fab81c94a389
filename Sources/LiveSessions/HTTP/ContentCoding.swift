import CSystem

extension Exchange {
    /// The largest decoded response, in bytes.
    private static let decodedLimit = 256 << 10

    /// The response's body without its content coding (RFC 9110, section 8.4). `nil`: it can't be decoded.
    var decodedResponse: [UInt8]? {
        guard let coding, coding != "identity" else { return responseBody }
        var output = [UInt8](repeating: 0, count: Self.decodedLimit)
        let count = cs_decode(coding, responseBody, responseBody.count, &output, output.count)
        return count < 0 ? nil : Array(output[..<count])
    }
}
