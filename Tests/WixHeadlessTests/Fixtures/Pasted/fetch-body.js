fetch("https://www.wixapis.com/oauth2/token", {
  "headers": {},
  "body": "{\"clientId\":\"11111111-2222-4333-8444-555555555555\",\"grantType\":\"refresh_token\",\"refreshToken\":\"JWS.eyJraWQiOiJtYWRlIiwiYWxnIjoiSFMyNTYifQ.eyJkYXRhIjoiXCJiYmJiYmJiYi0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDFcIiIsImlhdCI6MTc5NTAwMDAwMCwiZXhwIjoxOTI2NTM2MDAwfQ.gvPpxpXca40bEYGNVwGRniht6NR_fD6zEAxIX3nleCg\"}",
  "method": "POST"
});