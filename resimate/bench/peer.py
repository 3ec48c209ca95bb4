"""The peer: FastAPI, Pydantic and asyncpg over the same rows; no tenant, sign-in, permission or limit."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter

STATEMENT = """
    SELECT m.id, m.code, m.name, m.current_version_id AS current_version, m.created_at, m.updated_at,
        d.id AS draft_version
    FROM resilience_resiliencemodel m
    LEFT JOIN resilience_modelversion d ON d.model_id = m.id AND d.state = 'draft'
    ORDER BY m.id DESC LIMIT 51
"""
NAMES = TypeAdapter(dict[str, str])


class ResilienceModel(BaseModel):
    id: UUID
    code: str
    name: dict[str, str]
    current_version: UUID | None
    draft_version: UUID | None
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    next: str | None = None
    previous: str | None = None
    results: list[ResilienceModel]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    search_path = {"search_path": "acme,public"}
    url = os.environ["DATABASE_OWNER_URL"]
    async with asyncpg.create_pool(url, min_size=8, max_size=8, server_settings=search_path) as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/api/v1/models/")
async def models() -> Page:
    rows = await app.state.pool.fetch(STATEMENT)
    results = [ResilienceModel(**{**row, "name": NAMES.validate_json(row["name"])}) for row in rows[:50]]
    return Page(results=results)
