fetch("http://localhost:3000/", {
  "headers": {
    "accept": "text/html",
    "cookie": "x=1; wix-session=%7B%22accessToken%22%3A%7B%22value%22%3A%22OauthNG.JWS.eyJraWQiOiJtYWRlIiwiYWxnIjoiSFMyNTYifQ.eyJkYXRhIjoie1wiaW5zdGFuY2VcIjoge1wiaW5zdGFuY2VJZFwiOiBcIjAwMDAwMDAwLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMVwiLCBcImFpZFwiOiBcImFhYWFhYWFhLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMVwifX0iLCJpYXQiOjE3OTUwMDAwMDAsImV4cCI6MTg5NTAwMDAwMH0.9V_xb2b0M2Ama5Xbb4_sAddgMQVDBq5KSzgFmPbP0RQ%22%2C%22expiresAt%22%3A1895000000%7D%2C%22refreshToken%22%3A%7B%22value%22%3A%22JWS.eyJraWQiOiJtYWRlIiwiYWxnIjoiSFMyNTYifQ.eyJkYXRhIjoiXCJiYmJiYmJiYi0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDFcIiIsImlhdCI6MTc5NTAwMDAwMCwiZXhwIjoxOTI2NTM2MDAwfQ.gvPpxpXca40bEYGNVwGRniht6NR_fD6zEAxIX3nleCg%22%2C%22role%22%3A%22member%22%7D%7D"
  },
  "body": null,
  "method": "GET"
});