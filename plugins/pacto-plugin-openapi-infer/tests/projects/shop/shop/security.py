"""Authentication and shared dependencies."""
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Query
from fastapi.security import APIKeyHeader, OAuth2PasswordBearer

oauth2_scheme = OAuth2PasswordBearer(tokenUrl="users/token")
api_key = APIKeyHeader(name="X-API-Key", auto_error=False)


async def current_user(token: Annotated[str, Depends(oauth2_scheme)]) -> str:
    return token


async def require_admin(
    user: Annotated[str, Depends(current_user)],
    x_reason: Annotated[str | None, Header(description="Audit reason")] = None,
) -> str:
    if user != "admin":
        raise HTTPException(403)
    return user


def paging(
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=100, description="Page size")] = 20,
) -> dict:
    return {"skip": skip, "limit": limit}


CurrentUser = Annotated[str, Depends(current_user)]
Paging = Annotated[dict, Depends(paging)]
