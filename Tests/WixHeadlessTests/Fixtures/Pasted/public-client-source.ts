const wixClient = createClient({
  modules: { products, currentCart },
  auth: OAuthStrategy({
    clientId: process.env.NEXT_PUBLIC_WIX_CLIENT_ID!,
    tokens: {
      accessToken: { value: 'OauthNG.JWS.eyJraWQiOiJtYWRlIiwiYWxnIjoiSFMyNTYifQ.eyJkYXRhIjoie1wiaW5zdGFuY2VcIjoge1wiaW5zdGFuY2VJZFwiOiBcIjAwMDAwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMVwiLCBcImFpZFwiOiBcImFhYWFhYWFhLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMVwifX0iLCJpYXQiOjE3OTUwMDAwMDAsImV4cCI6MTg5NTAwMDAwMH0.9V_xb2b0M2Ama5Xbb4_sAddgMQVDBq5KSzgFmPbP0RQ', expiresAt: 1895000000 },
      refreshToken: { value: 'JWS.eyJraWQiOiJtYWRlIiwiYWxnIjoiSFMyNTYifQ.eyJkYXRhIjoiXCJiYmJiYmJiYi0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDFcIiIsImlhdCI6MTc5NTAwMDAwMCwiZXhwIjoxOTI2NTM2MDAwfQ.gvPpxpXca40bEYGNVwGRniht6NR_fD6zEAxIX3nleCg', role: TokenRole.VISITOR },
    },
  }),
});